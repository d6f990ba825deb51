package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.engine.instance.Streams;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The first process of a container, and further ones, on the real kernel. */
class ContainerProcessTest extends ContainerCase {

  // ---- the process

  @Test
  void initStaysAndReaps() throws IOException {
    Container.Result result =
        run(
            shell("cat /proc/1/comm; echo $PPID; grep -E 'CapEff|Seccomp:' /proc/1/status; exit 3")
                .initProcess(true));
    assertThat(result.output()).contains("1\n", "CapEff:\t00000000a80425fb", "Seccomp:\t2");
    assertThat(result.status()).isEqualTo(3);
  }

  @Test
  void aTerminalIsTheConsole() throws IOException {
    Container.Result result =
        run(
            shell(
                    "tty; ls -l /dev/console | cut -c1; stty size; test -t 0 && echo t; id -u; stat"
                        + " -c %u /dev/pts/0")
                .streams(new Streams(true, false, false))
                .user("guest")
                .terminalRows(24)
                .terminalColumns(100));
    assertThat(result.output().replace("\r", "")).isEqualTo("/dev/pts/0\nc\n24 100\nt\n405\n405\n");
  }

  @Test
  void ulimitsAndSysctls() throws IOException {
    Limits limits =
        Limits.builder()
            .oomScoreAdj(500)
            .ulimits(
                List.of(new Limits.Ulimit("nofile", 100, 200), new Limits.Ulimit("core", 0, 0)))
            .build();
    Container.Result result =
        run(
            shell(
                    "ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj; cat"
                        + " /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward; df -m /dev/shm |"
                        + " tail -1")
                .limits(limits)
                .shmBytes(8 << 20)
                .security(
                    security(
                        false,
                        List.of(),
                        List.of(),
                        false,
                        new SeccompChoice.Default(),
                        Map.of("kernel.msgmax", "4242", "net.ipv4.ip_forward", "1"))));
    assertThat(result.output().replaceAll(" +", " "))
        .isEqualTo("100\n200\n0\n500\n4242\n1\nshm 8 0 8 0% /dev/shm\n");
  }

  @Test
  void sysctlsOfTheHostAreRefused() {
    for (String name :
        List.of("vm.swappiness", "kernel.core_pattern", "fs.file-max", "kernel.hostname")) {
      assertThatThrownBy(
              () ->
                  run(
                      shell("true")
                          .security(
                              security(
                                  false,
                                  List.of(),
                                  List.of(),
                                  false,
                                  new SeccompChoice.Default(),
                                  Map.of(name, "1")))))
          .hasMessageContaining("sysctl '" + name + "' is not allowed");
    }
  }

  @Test
  void programsThatCannotBeExecuted() {
    assertThatThrownBy(() -> run(InstanceSpec.of("alpine", "no-such-program")))
        .hasMessageContaining("exec: \"no-such-program\": executable file not found in $PATH")
        .extracting(e -> ((EngineException) e).kind())
        .isEqualTo(Kind.COMMAND_NOT_FOUND);
    assertThatThrownBy(() -> run(InstanceSpec.of("alpine", "/nope")))
        .hasMessageContaining("no such file or directory")
        .extracting(e -> ((EngineException) e).kind())
        .isEqualTo(Kind.COMMAND_NOT_FOUND);
    for (String program : List.of("/etc", "/etc/passwd")) {
      assertThatThrownBy(() -> run(InstanceSpec.of("alpine", program)))
          .hasMessageContaining("permission denied")
          .extracting(e -> ((EngineException) e).kind())
          .isEqualTo(Kind.COMMAND_NOT_EXECUTABLE);
    }
  }

  @Test
  void theEndOfAFailedLaunchLeavesNoProcess() throws IOException {
    InstanceSpec spec = InstanceSpec.of("alpine", "no-such-program");
    try (Container container = create(spec)) {
      assertThatThrownBy(container::start).isInstanceOf(EngineException.class);
      assertThat(container.cgroup().processes()).isEmpty();
    }
  }

  // ---- further processes

  @Test
  void execSeesTheSameWalls() throws IOException {
    InstanceSpec spec =
        InstanceSpec.of("alpine", "sleep", "1000").toBuilder()
            .environment(List.of("A=1"))
            .workingDirectory("/tmp")
            .build();
    try (Container container = create(spec).start()) {
      Container.Result result =
          container.exec(
              ExecSpec.of(
                  "sh",
                  "-c",
                  "pwd; echo $A $HOME; grep -E 'Cap(Eff|Bnd)|Seccomp:' /proc/self/status; cat"
                      + " /proc/self/uid_map; pgrep -x sleep | wc -l; cut -d: -f3 /proc/self/cgroup"
                      + " | sort -u; ls /proc/self/fd | wc -l; for n in mnt cgroup uts ipc user pid"
                      + " net; do test $(readlink /proc/self/ns/$n) = $(readlink /proc/1/ns/$n) ||"
                      + " echo other $n; done"));
      assertThat(result.output().replaceAll(" +", " "))
          .isEqualTo(
              """
              /tmp
              1 /root
              CapEff:\t00000000a80425fb
              CapBnd:\t00000000a80425fb
              Seccomp:\t2
               0 700000 65536
              1
              /
              4
              """);
      assertThat(result.status()).isZero();
      assertThatThrownBy(() -> container.exec(ExecSpec.of("nope")))
          .hasMessageContaining("executable file not found in $PATH");
    }
  }

  @Test
  void execAsAnotherUserWithATerminal() throws IOException {
    try (Container container = create(shell("sleep 1000").build()).start()) {
      ExecSpec exec =
          new ExecSpec(
              List.of("sh", "-c", "id -un; tty; pwd; echo $X $TERM; stty size; exit 7"),
              List.of("X=y"),
              Optional.of("/etc"),
              Optional.of("guest"),
              false,
              new Streams(true, false, false),
              30,
              90);
      Container.Result result = container.exec(exec);
      assertThat(result.output().replace("\r", ""))
          .isEqualTo("guest\n/dev/pts/0\n/etc\ny xterm\n30 90\n");
      assertThat(result.status()).isEqualTo(7);
    }
  }

  @Test
  void execWithEveryCapability() throws IOException {
    try (Container container = create(shell("sleep 1000").build()).start()) {
      ExecSpec exec =
          new ExecSpec(
              List.of("grep", "CapEff", "/proc/self/status"),
              List.of(),
              Optional.empty(),
              Optional.empty(),
              true,
              Streams.OUTPUT_ONLY,
              0,
              0);
      assertThat(container.exec(exec).output()).isEqualTo("CapEff:\t000001ffffffffff\n");
    }
  }
}
