package dev.abode.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A command in a real pseudo terminal, typed at and watched. */
final class Terminal implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Process process;
  private final Writer commands;
  private final StringBuilder screen = new StringBuilder();
  private int seen;

  private Terminal(Process process) {
    this.process = process;
    this.commands = process.outputWriter(UTF_8);
    Thread.startVirtualThread(this::watch);
  }

  static Terminal open(int rows, int columns, Map<String, String> environment, List<String> command)
      throws IOException {
    List<String> words = new ArrayList<>(List.of("python3", driver()));
    words.addAll(List.of(Integer.toString(rows), Integer.toString(columns)));
    words.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    builder.environment().put("TERM", "xterm");
    return new Terminal(builder.start());
  }

  private static String driver() {
    return Path.of("src/test/resources/terminal.py").toAbsolutePath().toString();
  }

  private void watch() {
    byte[] buffer = new byte[4096];
    try (InputStream out = process.getInputStream()) {
      int count = out.read(buffer);
      while (count >= 0) {
        synchronized (screen) {
          screen.append(new String(buffer, 0, count, UTF_8));
          screen.notifyAll();
        }
        count = out.read(buffer);
      }
    } catch (IOException e) {
      synchronized (screen) {
        screen.append("[the terminal failed: ").append(e.getMessage()).append(']');
      }
    }
    synchronized (screen) {
      screen.notifyAll();
    }
  }

  /** Types {@code text}; a newline is the return key. */
  void type(String text) throws IOException {
    tell("send " + HexFormat.of().formatHex(text.replace('\n', '\r').getBytes(UTF_8)));
  }

  void resize(int rows, int columns) throws IOException {
    tell("resize " + rows + " " + columns);
  }

  private void tell(String line) throws IOException {
    commands.write(line + "\n");
    commands.flush();
  }

  /** Waits until {@code text} appears behind what was expected before. */
  void expect(String text) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (screen) {
      while (true) {
        int at = screen.indexOf(text, seen);
        if (at >= 0) {
          seen = at + text.length();
          return;
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new AssertionError("no \"" + text + "\" on the terminal, only: " + screen);
        }
        screen.wait(Math.max(1, Math.min(1000, left / 1_000_000)));
      }
    }
  }

  /** Waits for the command's end. */
  int status() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the command did not end; the terminal shows: " + screen());
    }
    return process.exitValue();
  }

  String screen() {
    synchronized (screen) {
      return screen.toString();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
