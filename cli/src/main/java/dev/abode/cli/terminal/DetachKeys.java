package dev.abode.cli.terminal;

import dev.abode.cli.arguments.UsageException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The keys that leave a workload without ending it: {@code ctrl-p,ctrl-q} unless the user says
 * otherwise. Keys that turn out not to be the whole sequence are handed on.
 */
public final class DetachKeys {
  public static final String DEFAULT = "ctrl-p,ctrl-q";

  private final byte[] sequence;
  private int matched;

  private DetachKeys(byte[] sequence) {
    this.sequence = sequence;
  }

  /**
   * Reads a sequence: single characters, or {@code ctrl-} and one of {@code a-z @ [ \ ] ^ _},
   * separated by commas. An empty one never detaches.
   *
   * @throws UsageException if it is malformed
   */
  public static DetachKeys parse(String keys) {
    List<Integer> codes = new ArrayList<>();
    for (String key : keys.isEmpty() ? new String[0] : keys.split(",", -1)) {
      String lower = key.toLowerCase(Locale.ROOT);
      int control =
          lower.length() == 6 && lower.startsWith("ctrl-")
              ? "@abcdefghijklmnopqrstuvwxyz[\\]^_".indexOf(lower.charAt(5))
              : -1;
      if (key.length() == 1 && key.charAt(0) < 0x80) {
        codes.add((int) key.charAt(0));
      } else if (control >= 0) {
        codes.add(control);
      } else {
        throw new UsageException(
            "--detach-keys takes characters or ctrl-X separated by commas, not \"" + keys + '"');
      }
    }
    byte[] sequence = new byte[codes.size()];
    for (int i = 0; i < sequence.length; i++) {
      sequence[i] = codes.get(i).byteValue();
    }
    return new DetachKeys(sequence);
  }

  /**
   * Looks at what was typed and adds to {@code handOn} what is the workload's.
   *
   * @return whether the sequence is complete
   */
  public boolean feed(byte[] typed, int count, ByteArrayOutputStream handOn) {
    for (int i = 0; i < count; i++) {
      byte key = typed[i];
      if (matched < sequence.length && key == sequence[matched]) {
        matched++;
        if (matched == sequence.length) {
          return true;
        }
        continue;
      }
      handOn.write(sequence, 0, matched);
      matched = 0;
      if (sequence.length > 0 && key == sequence[0]) {
        // The key that broke one sequence may begin the next.
        matched = 1;
      } else {
        handOn.write(key);
      }
    }
    return false;
  }
}
