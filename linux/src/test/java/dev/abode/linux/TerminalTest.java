package dev.abode.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TerminalTest {
  /** The descriptor numbers of this process that lead to a pseudo-terminal's master. */
  private static List<Integer> masters() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors
          .filter(TerminalTest::isMaster)
          .map(descriptor -> Integer.valueOf(descriptor.getFileName().toString()))
          .toList();
    }
  }

  private static boolean isMaster(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).endsWith("ptmx");
    } catch (IOException closed) {
      return false;
    }
  }

  @Test
  void rawModeIsEnteredAndLeft() throws IOException {
    List<Integer> before = masters();
    try (RandomAccessFile _ = new RandomAccessFile("/dev/ptmx", "rw")) {
      int descriptor =
          masters().stream().filter(number -> !before.contains(number)).findFirst().orElseThrow();
      Terminal terminal = new Terminal(descriptor);
      terminal.resize(new Terminal.Size(33, 99));
      assertThat(terminal.size()).isEqualTo(new Terminal.Size(33, 99));

      Terminal.Settings cooked = terminal.makeRaw();
      Terminal.Settings raw = terminal.makeRaw();
      assertThat(raw.bytes()).isNotEqualTo(cooked.bytes());
      terminal.restore(cooked);
      assertThat(terminal.makeRaw().bytes()).isEqualTo(cooked.bytes());
    }
  }

  @Test
  void whatIsNoTerminalIsRefused() {
    assertThatThrownBy(() -> new Terminal(1_000_000).size())
        .isInstanceOf(KernelException.class)
        .hasMessageContaining("TIOCGWINSZ descriptor 1000000");
  }
}
