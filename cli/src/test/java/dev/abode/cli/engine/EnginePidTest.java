package dev.abode.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import org.junit.jupiter.api.Test;

class EnginePidTest {
  /** Its parent has become a program that asks for nobody's status. */
  @Test
  void whoHasEndedIsNotWaitedForUntilItIsReaped() throws Exception {
    Process parent = new ProcessBuilder("sh", "-c", "sleep 0.3 & echo $!; exec sleep 1000").start();
    try (BufferedReader said = parent.inputReader()) {
      ProcessHandle child = ProcessHandle.of(Long.parseLong(said.readLine())).orElseThrow();
      EnginePid.awaitEnd(child);
      assertThat(parent.isAlive()).isTrue();
      assertThat(ProcessHandle.of(child.pid())).contains(child);
    } finally {
      parent.destroyForcibly().waitFor();
    }
  }
}
