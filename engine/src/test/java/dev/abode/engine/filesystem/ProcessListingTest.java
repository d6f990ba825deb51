package dev.abode.engine.filesystem;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.container.UserDatabase;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.ProcessTable;
import dev.abode.init.IdRange;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProcessListingTest {
  private static final IdMapping IDS = IdMapping.of(new IdRange(0, 1_073_741_824, 65_536));
  private static final UserDatabase USERS =
      new UserDatabase("root:x:0:0::/root:/bin/sh\n".getBytes(UTF_8), new byte[0]);

  private Process process;

  @BeforeEach
  void start() throws Exception {
    process =
        new ProcessBuilder(
                "setpriv",
                "--reuid=1073741824",
                "--regid=1073741831",
                "--clear-groups",
                "sleep",
                "1000")
            .start();
    Path name = Path.of("/proc/" + process.pid() + "/comm");
    Eventually.until("it is who it shall be", () -> Files.readString(name).equals("sleep\n"));
  }

  @AfterEach
  void stop() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  private ProcessTable top(String... arguments) throws IOException {
    return ProcessListing.of(Set.of((int) process.pid()), List.of(arguments), IDS, USERS);
  }

  @Test
  void showsOnlyTheInstancesProcessesAndItsOwnUsers() throws Exception {
    ProcessTable table = top();
    assertThat(table.titles()).startsWith("UID", "PID", "PPID").endsWith("CMD");
    assertThat(table.rows()).hasSize(1);
    assertThat(table.rows().getFirst()).startsWith("root", Long.toString(process.pid()));
    assertThat(table.rows().getFirst().getLast()).contains("1000");
  }

  @Test
  void takesTheArgumentsOfPs() throws Exception {
    ProcessTable table = top("-o", "pid,uid,gid,args");
    assertThat(table.titles()).containsExactly("PID", "UID", "GID", "COMMAND");
    assertThat(table.rows().getFirst().subList(0, 3))
        .containsExactly(Long.toString(process.pid()), "root", "7");
    assertThat(top("aux").rows()).hasSize(1);
    assertThat(top("axo", "pid,cmd").rows()).hasSize(1);
  }

  @Test
  void refusesColumnsThatHideWhoseProcessesTheyAre() {
    assertThatThrownBy(() -> top("-o", "user,cmd"))
        .isInstanceOf(EngineException.class)
        .hasMessage("Couldn't find PID field in ps output");
    assertThatThrownBy(() -> top("-o", "ppid=PID"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("is not allowed");
    assertThatThrownBy(() -> top("--no-such-option"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("ps --no-such-option failed");
  }
}
