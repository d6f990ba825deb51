package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.engine.instance.Sharing;
import dev.abode.engine.instance.Streams;
import dev.abode.init.Namespace;
import dev.abode.init.ShimBinary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a container sees and may do, asked from the inside on the real kernel. */
class ContainerWallsTest {
  private static Path alpine = Path.of("/");
  private static Path folder = Path.of("/");
  private static Cgroups cgroups;
  private static ShimBinary binary;
  private static List<String> mountsBefore = List.of();

  @BeforeAll
  static void prepare() throws IOException, InterruptedException {
    alpine = Rootfs.alpine();
    folder = Files.createTempDirectory("abode-walls");
    cgroups = Cgroups.open();
    binary = ShimBinary.load();
    mountsBefore = Files.readAllLines(Path.of("/proc/self/mountinfo"));
  }

  @AfterEach
  void theHostsMountsAreAsBefore() throws IOException {
    assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo")))
        .filteredOn(line -> line.contains(folder.toString()) || line.contains(alpine.toString()))
        .isEmpty();
    assertThat(mountsBefore).isNotEmpty();
  }

  @AfterAll
  static void cleanUp() throws IOException, InterruptedException {
    cgroups.close();
    binary.close();
    Rootfs.delete(folder);
    Rootfs.delete(alpine);
  }

  private static InstanceSpecBuilder shell(String script) {
    // One pipe for both streams, so that their order is that of the writes.
    return InstanceSpec.of("alpine", "sh", "-c", "exec 2>&1; " + script).toBuilder();
  }

  private static Container.Result run(InstanceSpecBuilder spec) throws IOException {
    return run(spec.build());
  }

  private static Container.Result run(InstanceSpec spec) throws IOException {
    try (Container container = create(spec)) {
      return container.run();
    }
  }

  private static Container create(InstanceSpec spec) throws IOException {
    return Container.create(folder, cgroups, binary, alpine, spec);
  }

  /** The output of a script that must succeed. */
  private static String sh(String script) throws IOException {
    Container.Result result = run(shell(script));
    assertThat(result.status()).as(result.output()).isZero();
    return result.output();
  }

  private static Security security(
      boolean privileged,
      List<String> added,
      List<String> dropped,
      boolean noNewPrivileges,
      SeccompChoice seccomp,
      Map<String, String> sysctls) {
    return new Security(
        privileged,
        added,
        dropped,
        noNewPrivileges,
        seccomp,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        sysctls);
  }

  private static Security capabilities(List<String> added, List<String> dropped) {
    return security(false, added, dropped, false, new SeccompChoice.Default(), Map.of());
  }

  private static final Sharing HOST_USERS =
      new Sharing(
          new Sharing.With.Nobody(),
          new Sharing.With.Nobody(),
          new Sharing.With.Nobody(),
          new Sharing.With.Host(),
          new Sharing.With.Nobody());

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
                    "cat /proc/self/uid_map; grep CapEff /proc/self/status; mknod /x c 1 3; echo $?; id -u")
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
                "cat /proc/self/uid_map; grep Seccomp: /proc/self/status; test -c /dev/kmsg && echo kmsg;"
                    + " mount -t tmpfs x /mnt && echo mounted; mknod /mnt/x c 1 5 && head -c1 /mnt/x | wc -c;"
                    + " grep -c ' /proc/' /proc/self/mountinfo; test -w /proc/sys/kernel/hostname && echo writable"));
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
                        "hostname; cat /etc/hostname; grep -c box /etc/hosts; cat /proc/sys/kernel/domainname")
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
                "cat /sys/class/net/lo/flags; ls /sys/class/net; cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range"))
        .isEqualTo("0x9\nlo\n0\n0\t65535\n");
  }

  @Test
  void theHostsNetworkIsShareable() throws IOException {
    assertThat(
            run(shell(
                        "readlink /proc/self/ns/net; ls /sys/class/net | wc -l; mount | grep -c 'sysfs (ro'")
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
                    "for n in pid ipc uts; do readlink /proc/self/ns/$n; done; test $$ -gt 1 && echo big; ls /dev/shm /dev/mqueue")
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
                  "for n in pid ipc uts net; do readlink /proc/self/ns/$n; done; pgrep -f 'sleep 424[2]';"
                      + " ls /dev/shm; ls /sys/class/net; hostname; (echo > /proc/sysrq-trigger) 2>/dev/null && echo w;"
                      + " cat /proc/timer_list | wc -c")
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

  // ---- files

  @Test
  void readOnlyRootWithATmpfs() throws IOException {
    Container.Result result =
        run(
            shell(
                    "(touch /x) 2>&1; touch /tmp/y && echo y; mount | grep ' /tmp '; stat -c %a /tmp; touch /dev/shm/z && echo z")
                .readOnlyRootfs(true)
                .mounts(
                    List.of(
                        new MountSpec.Tmpfs(
                            "/tmp",
                            false,
                            OptionalLong.empty(),
                            OptionalInt.empty(),
                            "size=4m,mode=700,exec"))));
    assertThat(result.output())
        .contains(
            "Read-only file system",
            "\ny\n",
            "nosuid,nodev,relatime,size=4096k,mode=700",
            "\n700\n",
            "\nz\n")
        .doesNotContain("noexec,relatime,size=4096k");
  }

  @Test
  void bindMountsShowSaneOwnersAndKeepTheHosts() throws IOException {
    Path shared = Files.createDirectories(folder.resolve("shared dir"));
    Files.writeString(shared.resolve("mine"), "hello");
    Container.Result result =
        run(
            shell(
                    "stat -c '%u %g' /data/mine; cat /data/mine; echo new > /data/made; (touch /ro/x) 2>&1; cat /one")
                .mounts(
                    List.of(
                        bind(shared, "/data", false),
                        bind(shared, "/ro", true),
                        bind(shared.resolve("mine"), "/one", false))));
    assertThat(result.output())
        .startsWith("0 0\nhello")
        .contains("Read-only file system")
        .endsWith("hello");
    assertThat(Files.readString(shared.resolve("made"))).isEqualTo("new\n");
    assertThat(Files.getAttribute(shared.resolve("made"), "unix:uid")).isEqualTo(0);
  }

  private static MountSpec bind(Path source, String target, boolean readOnly) {
    return new MountSpec.Bind(
        source.toString(), target, readOnly, false, false, PropagationMode.RPRIVATE, true);
  }

  @Test
  void mountsNestByDepthWhateverTheirOrder() throws IOException {
    Path a = Files.createDirectories(folder.resolve("a"));
    Path b = Files.createDirectories(folder.resolve("b"));
    Container.Result result =
        run(
            shell("touch /m/deep/er/x; ls /m")
                .mounts(List.of(bind(b, "/m/deep/er", false), bind(a, "/m/", false))));
    assertThat(result.status()).as(result.output()).isZero();
    assertThat(b.resolve("x")).exists();
    assertThat(result.output()).isEqualTo("deep\n");
  }

  @Test
  void aSlaveMountFollowsTheHost() throws IOException, InterruptedException {
    Path shared = Files.createDirectories(folder.resolve("slave"));
    Rootfs.run(List.of("mount", "-t", "tmpfs", "abode-test", shared.toString()));
    try {
      Rootfs.run(List.of("mount", "--make-rshared", shared.toString()));
      Path inner = Files.createDirectories(shared.resolve("inner"));
      InstanceSpec spec =
          shell("read x; ls /data/inner")
              .streams(new Streams(false, true, true))
              .mounts(
                  List.of(
                      new MountSpec.Bind(
                          shared.toString(),
                          "/data",
                          false,
                          false,
                          false,
                          PropagationMode.RSLAVE,
                          false)))
              .build();
      try (Container container = create(spec).start()) {
        Rootfs.run(List.of("mount", "-t", "tmpfs", "abode-test", inner.toString()));
        try {
          Files.writeString(inner.resolve("late"), "");
          container.input("go\n");
          assertThat(container.await().output()).isEqualTo("late\n");
        } finally {
          Rootfs.run(List.of("umount", inner.toString()));
        }
      }
    } finally {
      Rootfs.run(List.of("umount", shared.toString()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/proc", "/proc/sys", "/x/../proc/self", "relative"})
  void mountTargetsThatWouldBreakTheWallsAreRefused(String target) {
    assertThatThrownBy(() -> run(shell("true").mounts(List.of(bind(folder, target, false)))))
        .isInstanceOf(EngineException.class)
        .extracting(e -> ((EngineException) e).kind())
        .isEqualTo(Kind.INVALID_ARGUMENT);
  }

  @Test
  void theWorkingDirectoryIsMade() throws IOException {
    assertThat(run(shell("pwd; stat -c '%u %a' .").workingDirectory("/srv/../a//b/./c")).output())
        .isEqualTo("/a/b/c\n0 755\n");
  }

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
                    "tty; ls -l /dev/console | cut -c1; stty size; test -t 0 && echo t; id -u; stat -c %u /dev/pts/0")
                .streams(new Streams(true, false, false))
                .user("guest")
                .terminalRows(24)
                .terminalColumns(100));
    assertThat(result.output().replace("\r", "")).isEqualTo("/dev/pts/0\nc\n24 100\nt\n405\n405\n");
  }

  @Test
  void ulimitsAndSysctls() throws IOException {
    Limits limits =
        new Limits(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty(),
            OptionalInt.of(500),
            false,
            OptionalInt.empty(),
            List.of(new Limits.Ulimit("nofile", 100, 200), new Limits.Ulimit("core", 0, 0)));
    Container.Result result =
        run(
            shell(
                    "ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj; cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward; df -m /dev/shm | tail -1")
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
                  "pwd; echo $A $HOME; grep -E 'Cap(Eff|Bnd)|Seccomp:' /proc/self/status; cat /proc/self/uid_map;"
                      + " pgrep -x sleep | wc -l; cut -d: -f3 /proc/self/cgroup | sort -u; ls /proc/self/fd | wc -l;"
                      + " for n in mnt cgroup uts ipc user pid net; do test $(readlink /proc/self/ns/$n) = $(readlink /proc/1/ns/$n) || echo other $n; done"));
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
