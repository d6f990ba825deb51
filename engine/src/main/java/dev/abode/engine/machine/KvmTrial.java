package dev.abode.engine.machine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Boots a kernel under KVM, with no root file system, so that it panics when it has come up: its
 * last words on the serial console are the proof that the processor ran a whole guest.
 */
final class KvmTrial {
  private static final String PROOF = "Kernel panic";

  /** A kernel says its first word within milliseconds, or never. */
  private static final Duration FIRST_WORD = Duration.ofMillis(1500);

  private static final Duration PATIENCE = Duration.ofSeconds(8);
  private static final int MAX_CONSOLE_BYTES = 1 << 20;

  private KvmTrial() {}

  static boolean boots(Path qemu, Path kernel) throws IOException {
    Process process =
        new ProcessBuilder(
                List.of(
                    qemu.toString(),
                    "-nodefaults",
                    "-no-user-config",
                    "-no-reboot",
                    "-display",
                    "none",
                    "-machine",
                    "q35,accel=kvm",
                    "-cpu",
                    "host",
                    "-m",
                    "256M",
                    "-bios",
                    "qboot.rom",
                    "-kernel",
                    kernel.toString(),
                    "-append",
                    "console=ttyS0 earlyprintk=ttyS0 panic=-1",
                    "-serial",
                    "stdio"))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      process.getOutputStream().close();
      return proven(process);
    } finally {
      process.destroyForcibly();
    }
  }

  private static boolean proven(Process process) throws IOException {
    Console console = new Console(process.getInputStream());
    Thread reader = Thread.ofVirtual().name("kvm-trial").start(console);
    try {
      if (!process.waitFor(FIRST_WORD.toMillis(), TimeUnit.MILLISECONDS) && console.isSilent()) {
        return false;
      }
      process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      process.destroyForcibly();
      reader.join(PATIENCE);
      return console.text().contains(PROOF);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while KVM was tried", e);
    }
  }

  private static final class Console implements Runnable {
    private final InputStream stream;
    private final StringBuilder text = new StringBuilder();

    Console(InputStream stream) {
      this.stream = stream;
    }

    @Override
    public void run() {
      byte[] buffer = new byte[8192];
      try {
        int count = stream.read(buffer);
        while (count >= 0) {
          append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
          count = stream.read(buffer);
        }
      } catch (IOException e) {
        // Closed, because the trial is over.
        append("\n");
      }
    }

    private synchronized void append(String more) {
      if (text.length() < MAX_CONSOLE_BYTES) {
        text.append(more);
      }
    }

    synchronized boolean isSilent() {
      return text.isEmpty();
    }

    synchronized String text() {
      return text.toString();
    }
  }
}
