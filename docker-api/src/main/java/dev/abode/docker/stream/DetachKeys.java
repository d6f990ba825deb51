package dev.abode.docker.stream;

import dev.abode.docker.failure.ApiException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Optional;

/**
 * Watches what a user types for the keys that mean "leave it running and give me my shell back".
 * Bytes that may be the beginning of them are held back until it is clear that they are not.
 */
public final class DetachKeys {
  private static final byte[] DEFAULT = {16, 17}; // ctrl-p, ctrl-q

  private final byte[] sequence;
  private int matched;
  private boolean detached;

  private DetachKeys(byte[] sequence) {
    this.sequence = sequence;
  }

  /**
   * Keys as {@code --detach-keys} takes them: characters and {@code ctrl-} with a letter or one of
   * {@code @[\]^_}, separated by commas; {@code ctrl-p,ctrl-q} when absent.
   *
   * @throws ApiException with status 400 for anything else
   */
  public static DetachKeys parse(Optional<String> text) {
    if (text.isEmpty()) {
      return new DetachKeys(DEFAULT);
    }
    ByteArrayOutputStream sequence = new ByteArrayOutputStream();
    for (String key : text.get().split(",", -1)) {
      sequence.write(codeOf(key, text.get()));
    }
    return new DetachKeys(sequence.toByteArray());
  }

  private static int codeOf(String key, String all) {
    if (key.length() == 1 && key.charAt(0) < 128) {
      return key.charAt(0);
    }
    String folded = key.toLowerCase(Locale.ROOT);
    if (folded.startsWith("ctrl-") && folded.length() == 6) {
      char c = folded.charAt(5);
      if (c >= 'a' && c <= 'z') {
        return c - 'a' + 1;
      }
      int special = "@abcdefghijklmnopqrstuvwxyz[\\]^_".indexOf(c);
      if (special >= 0) {
        return special;
      }
    }
    throw ApiException.invalid(
        "invalid detach keys (" + all + ") provided: unknown key \"" + key + "\"");
  }

  /** What of the input goes on to the workload. Takes all of {@code typed}. */
  public ByteBuffer pass(ByteBuffer typed) {
    ByteArrayOutputStream passed = new ByteArrayOutputStream(typed.remaining() + matched);
    while (typed.hasRemaining() && !detached) {
      byte b = typed.get();
      if (b != sequence[matched] && matched > 0) {
        passed.write(sequence, 0, matched);
        matched = 0;
      }
      if (b == sequence[matched]) {
        matched++;
        detached = matched == sequence.length;
      } else {
        passed.write(b);
      }
    }
    return ByteBuffer.wrap(passed.toByteArray());
  }

  /** Whether the keys have been typed, all of them in a row. */
  public boolean detached() {
    return detached;
  }
}
