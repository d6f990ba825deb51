package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.engine.instance.Sharing;
import dev.abode.init.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a container sees and may do, asked from the inside on the real kernel. */
class ContainerWallsTest extends ContainerCase {

  private static Security capabilities(List<String> added, List<String> dropped) {
    return security(false, added, dropped, false, new SeccompChoice.Default(), Map.of());
  }

  private static InstanceSpecBuilder privileged(String script) {
    return shell(script)
        .security(
            security(true, List.of(), List.of(), false, new SeccompChoice.Default(), Map.of()));
  }

  // ---- identity

  @Test
  void rootInsideIsNobodyOutside() throws IOException {
    assertThat(sh("id -u; cat /proc/self/uid_map /proc/self/gid_map").replaceAll(" +", " "))
        .isEqualTo("0\n 0 700000 65536\n 0 700000 65536\n");
    try (Container container = create(shell("touch /made; sleep 100").build()).start()) {
      assertThat(Files.getAttribute(Path.of("/proc/" + container.pid()), "unix:uid"))
          .isEqualTo(700_000);
      while (!Files.exists(container.upper().resolve("made"))) {
        Thread.onSpinWait();
      }
      // On disk it has the container's own ids, so that another start may use others.
      assertThat(Files.getAttribute(container.upper().resolve("made"), "unix:uid")).isEqualTo(0);
    }
  }

  @Test
  void theHostsUserNamespaceIsShareable() throws IOException {
    Container.Result result =
        run(
            shell(
                    "cat /proc/self/uid_map; grep CapEff /proc/self/status; mknod /x c 1 3; echo"
                        + " $?; id -u")
                .sharing(HOST_USERS));
    assertThat(result.output().replaceAll(" +", " "))
        .isEqualTo(" 0 0 4294967295\nCapEff:\t00000000a80425fb\n0\n0\n");
  }

  @Test
  void fourteenCapabilitiesAndAFilter() throws IOException {
    String status = sh("cat /proc/self/status");
    assertThat(status)
        .contains(
            "CapInh:\t0000000000000000",
            "CapPrm:\t00000000a80425fb",
            "CapEff:\t00000000a80425fb",
            "CapBnd:\t00000000a80425fb",
            "CapAmb:\t0000000000000000",
            "NoNewPrivs:\t0",
            "Seccomp:\t2",
            "Seccomp_filters:\t1");
  }

  @Test
  void aUserHoldsNoCapabilitiesAndItsGroups() throws IOException {
    Container.Result result =
        run(
            shell("id; grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status; echo $HOME")
                .user("guest")
                .groupsAdded(List.of("video", "4242")));
    assertThat(result.output())
        .contains(
            "uid=405(guest) gid=100(users)",
            "27(video)",
            "4242",
            "CapPrm:\t0000000000000000",
            "CapEff:\t0000000000000000",
            "CapBnd:\t00000000a80425fb",
            "/dev/null\n");
  }

  @Test
  void aUserBeyondTheRangeIsRefusedWithAHint() {
    assertThatThrownBy(() -> run(shell("id").user("100000")))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("user 100000 does not exist")
        .hasMessageContaining("host's user namespace");
  }

  @Test
  void capabilitiesAreAddedAndDropped() throws IOException {
    String script = "grep CapEff /proc/self/status";
    assertThat(
            run(shell(script).security(capabilities(List.of("NET_ADMIN"), List.of("ALL"))))
                .output())
        .isEqualTo("CapEff:\t0000000000001000\n");
    assertThat(
            run(shell(script).security(capabilities(List.of("ALL"), List.of("CAP_SYS_ADMIN"))))
                .output())
        .isEqualTo("CapEff:\t000001ffffdfffff\n");
    assertThat(run(shell(script).security(capabilities(List.of(), List.of("all")))).output())
        .isEqualTo("CapEff:\t0000000000000000\n");
  }

  @Test
  void noNewPrivilegesAndUnconfined() throws IOException {
    String script = "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status";
    assertThat(
            run(shell(script)
                    .security(
                        security(
                            false,
                            List.of(),
                            List.of("ALL"),
                            true,
                            new SeccompChoice.Default(),
                            Map.of()))
                    .user("guest"))
                .output())
        .isEqualTo("NoNewPrivs:\t1\nSeccomp:\t2\n");
    assertThat(
            run(shell(script)
                    .security(
                        security(
                            false,
                            List.of(),
                            List.of(),
                            false,
                            new SeccompChoice.Unconfined(),
                            Map.of())))
                .output())
        .isEqualTo("NoNewPrivs:\t0\nSeccomp:\t0\n");
  }

  @Test
  void aProfileOfTheUsersOwn() throws IOException {
    String profile =
        """
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
          {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
        """;
    Container.Result result =
        run(
            shell("mkdir /x")
                .security(
                    security(
                        false,
                        List.of(),
                        List.of(),
                        false,
                        new SeccompChoice.Profile(profile),
                        Map.of())));
    assertThat(result.output()).contains("supported");
    assertThat(result.status()).isEqualTo(1);
  }

  @Test
  void privilegedHasEverything() throws IOException {
    Container.Result result =
        run(
            privileged(
                "cat /proc/self/uid_map; grep Seccomp: /proc/self/status; test -c /dev/kmsg && echo"
                    + " kmsg; mount -t tmpfs x /mnt && echo mounted; mknod /mnt/x c 1 5 && head -c1"
                    + " /mnt/x | wc -c; grep -c ' /proc/' /proc/self/mountinfo; test -w"
                    + " /proc/sys/kernel/hostname && echo writable"));
    assertThat(result.output().replaceAll(" +", " "))
        .isEqualTo(" 0 0 4294967295\nSeccomp:\t0\nkmsg\nmounted\n1\n0\nwritable\n");
  }

  // ---- what is seen

  @Test
  void everyNamespaceIsItsOwn() throws IOException {
    String inside =
        sh("for n in mnt cgroup uts ipc user pid net; do readlink /proc/self/ns/$n; done");
    List<String> outside =
        List.of("mnt", "cgroup", "uts", "ipc", "user", "pid", "net").stream()
            .map(
                n -> {
                  try {
                    return Files.readSymbolicLink(Path.of("/proc/self/ns/" + n)).toString();
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                })
            .toList();
    assertThat(inside.lines()).hasSize(7).doesNotContainAnyElementsOf(outside);
  }

  @Test
  void onlyTheStandardStreamsAreOpen() throws IOException {
    // 3 is the folder that ls itself has open.
    assertThat(sh("ls /proc/self/fd | tr '\\n' ' '")).isEqualTo("0 1 2 3 ");
  }

  @Test
  void devicesAreDockersAndOthersCannotBeMade() throws IOException {
    assertThat(sh("ls /dev | tr '\\n' ' '"))
        .isEqualTo("fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ");
    assertThat(
            sh("head -c3 /dev/zero | wc -c; echo gone > /dev/null; test -c /dev/null && echo dev"))
        .isEqualTo("3\ndev\n");
    assertThat(run(shell("mknod /disk b 254 0")).output()).contains("Operation not permitted");
  }

  @Test
  void aDeviceThatIsGivenWorksAndOthersStayClosed() throws IOException {
    Security security =
        new Security(
            false,
            List.of(),
            List.of(),
            false,
            new SeccompChoice.Default(),
            Optional.empty(),
            Optional.empty(),
            List.of(new Security.Device("/dev/kmsg", "/dev/messages", "r")),
            List.of(),
            Map.of());
    assertThat(
            run(shell("ls -l /dev/messages | cut -c1; echo x > /dev/messages").security(security))
                .output())
        .startsWith("c\n")
        .containsAnyOf("Operation not permitted", "Permission denied");
    // In the host's user namespace a device file can be made, but the control group keeps it shut.
    assertThat(run(shell("mknod /disk b 254 0 && head -c1 /disk").sharing(HOST_USERS)).output())
        .contains("Operation not permitted");
  }

  @Test
  void kernelFilesAreHiddenOrReadOnly() throws IOException {
    String script =
        """
        cat /proc/timer_list /proc/keys /proc/interrupts | wc -c
        ls /sys/firmware /proc/acpi | grep -v : | tr -d '\\n'
        for f in /proc/sys/kernel/domainname /proc/sysrq-trigger /proc/irq/default_smp_affinity; do
          (echo 1 > $f) 2>/dev/null && echo "wrote $f"
        done
        (mkdir /sys/fs/cgroup/memory/x) 2>/dev/null && echo made
        (mkdir /sys/fs/cgroup/x) 2>/dev/null && echo made
        true
        """;
    assertThat(sh(script)).isEqualTo("0\n");
  }

  @Test
  void hostnameAndHostsFile() throws IOException {
    assertThat(
            run(shell(
                        "hostname; cat /etc/hostname; grep -c box /etc/hosts; cat"
                            + " /proc/sys/kernel/domainname")
                    .hostname("box")
                    .domainname("lab"))
                .output())
        .isEqualTo("box\nbox\n1\nlab\n");
  }

  @Test
  void environmentHasDockersOrder() throws IOException {
    Container.Result result =
        run(
            InstanceSpec.builder("alpine")
                .command(List.of("env"))
                .environment(List.of("A=1", "PATH=/bin:/usr/bin", "B=x=y")));
    assertThat(result.output().lines().filter(l -> !l.startsWith("HOSTNAME=")))
        .containsExactly("PATH=/bin:/usr/bin", "A=1", "B=x=y", "HOME=/root");
  }

  @Test
  void loopbackIsUpAndPortsAreFree() throws IOException {
    assertThat(
            sh(
                "cat /sys/class/net/lo/flags; ls /sys/class/net; cat"
                    + " /proc/sys/net/ipv4/ip_unprivileged_port_start"
                    + " /proc/sys/net/ipv4/ping_group_range"))
        .isEqualTo("0x9\nlo\n0\n0\t65535\n");
  }

  @Test
  void theHostsNetworkIsShareable() throws IOException {
    assertThat(
            run(shell(
                        "readlink /proc/self/ns/net; ls /sys/class/net | wc -l; mount | grep -c"
                            + " 'sysfs (ro'")
                    .network(new NetworkMode.Host()))
                .output())
        .startsWith(Files.readSymbolicLink(Path.of("/proc/self/ns/net")) + "\n")
        .endsWith("\n1\n");
  }

  @Test
  void hostPidsAndIpcAreShareable() throws IOException {
    Sharing sharing =
        new Sharing(
            new Sharing.With.Host(),
            new Sharing.With.Host(),
            new Sharing.With.Host(),
            new Sharing.With.Nobody(),
            new Sharing.With.Host());
    Container.Result result =
        run(
            shell(
                    "for n in pid ipc uts; do readlink /proc/self/ns/$n; done; test $$ -gt 1 &&"
                        + " echo big; ls /dev/shm /dev/mqueue")
                .sharing(sharing));
    assertThat(result.output())
        .startsWith(
            Files.readSymbolicLink(Path.of("/proc/self/ns/pid"))
                + "\n"
                + Files.readSymbolicLink(Path.of("/proc/self/ns/ipc"))
                + "\n"
                + Files.readSymbolicLink(Path.of("/proc/self/ns/uts"))
                + "\nbig\n");
    assertThat(result.status()).isZero();
  }

  @Test
  void namespacesOfAnotherInstanceAreShareable() throws IOException {
    InstanceSpec first = shell("touch /dev/shm/mine; sleep 4242").build();
    try (Container other = create(first).start()) {
      Sharing.With with = new Sharing.With.Instance("other");
      Sharing sharing =
          new Sharing(with, with, with, new Sharing.With.Nobody(), new Sharing.With.Nobody());
      InstanceSpec spec =
          shell(
                  "for n in pid ipc uts net; do readlink /proc/self/ns/$n; done; pgrep -f 'sleep"
                      + " 424[2]'; ls /dev/shm; ls /sys/class/net; hostname; (echo >"
                      + " /proc/sysrq-trigger) 2>/dev/null && echo w; cat /proc/timer_list | wc -c")
              .sharing(sharing)
              .network(new NetworkMode.Instance("other"))
              .build();
      Map<Namespace, SharedNamespace> joined = new EnumMap<>(Namespace.class);
      for (Namespace namespace :
          List.of(Namespace.PID, Namespace.IPC, Namespace.UTS, Namespace.NETWORK)) {
        joined.put(namespace, other.shared());
      }
      StringBuilder expected = new StringBuilder();
      for (String name : List.of("pid", "ipc", "uts", "net")) {
        expected
            .append(Files.readSymbolicLink(Path.of("/proc/" + other.pid() + "/ns/" + name)))
            .append('\n');
      }
      String made = "until test -e /dev/shm/mine; do sleep 0.01; done; hostname";
      String hostname = other.exec(ExecSpec.of("sh", "-c", made)).output();
      try (Container container =
          Container.create(
              folder, cgroups, binary, List.of(alpine), spec, Container.config(""), joined)) {
        assertThat(container.run().output())
            .isEqualTo(expected + "1\nmine\nlo\n" + hostname + "0\n");
      }
    }
  }
}
