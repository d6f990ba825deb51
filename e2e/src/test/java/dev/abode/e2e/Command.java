package dev.abode.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One command line of a user, and what came of it. */
final class Command {
  private static final long SECONDS = 300;

  private final List<String> words;
  private final Map<String, String> environment;
  private byte[] input = new byte[0];
  private long seconds = SECONDS;

  private Command(List<String> words, Map<String, String> environment) {
    this.words = words;
    this.environment = environment;
  }

  /** What a command left: its status and its two streams. */
  static final class Result {
    private final List<String> words;
    private final int status;
    private final byte[] out;
    private final String err;

    private Result(List<String> words, int status, byte[] out, String err) {
      this.words = words;
      this.status = status;
      this.out = out;
      this.err = err;
    }

    int status() {
      return status;
    }

    String err() {
      return err;
    }

    /** The first stream as it came. */
    byte[] rawOut() {
      return out.clone();
    }

    String out() {
      return new String(out, UTF_8);
    }

    /** The first stream without its last newline; the command must have succeeded. */
    String text() {
      return ok().out().strip();
    }

    List<String> lines() {
      return ok().out().lines().toList();
    }

    Result ok() {
      assertThat(status).as("status of %s, which said: %s%s", words, out(), err).isZero();
      return this;
    }

    Result fails(int expected) {
      assertThat(status)
          .as("status of %s, which said: %s%s", words, out(), err)
          .isEqualTo(expected);
      return this;
    }
  }

  static Command of(Map<String, String> environment, List<String> words) {
    return new Command(List.copyOf(words), new HashMap<>(environment));
  }

  Command input(byte[] bytes) {
    input = bytes.clone();
    return this;
  }

  Command input(String text) {
    return input(text.getBytes(UTF_8));
  }

  Command with(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Allows it as long as this, not as long as others. */
  Command within(long allowed) {
    seconds = allowed;
    return this;
  }

  List<String> words() {
    return words;
  }

  /** The process, both streams to be read by the caller. */
  Process start() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(words));
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Runs it to its end. */
  Result run() throws IOException, InterruptedException {
    Process process = start();
    CompletableFuture<byte[]> out = read(process.getInputStream());
    CompletableFuture<byte[]> err = read(process.getErrorStream());
    try (var stdin = process.getOutputStream()) {
      stdin.write(input);
    } catch (IOException e) {
      // It ended without reading all of it, which is its right.
    }
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new AssertionError(
          words + " did not end in " + seconds + " s; it said: " + text(out) + text(err));
    }
    return new Result(words, process.exitValue(), out.join(), text(err));
  }

  Result ok() throws IOException, InterruptedException {
    return run().ok();
  }

  Result fails(int status) throws IOException, InterruptedException {
    return run().fails(status);
  }

  private static String text(CompletableFuture<byte[]> bytes) {
    return new String(bytes.join(), UTF_8);
  }

  private static CompletableFuture<byte[]> read(InputStream stream) {
    CompletableFuture<byte[]> all = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try (stream) {
            all.complete(stream.readAllBytes());
          } catch (IOException e) {
            all.completeExceptionally(e);
          }
        });
    return all;
  }
}
