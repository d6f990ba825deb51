package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Step.Place;
import dev.abode.linux.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How a launch succeeds, fails and is told of. */
abstract class ShimLaunchContract extends ShimCase {

  ShimLaunchContract(Build build) {
    super(build);
  }

  // ---- launching

  @Test
  void passesOutputAndStatusOn() throws Exception {
    Run run = script("echo out; echo err >&2; exit 7");
    assertThat(run.output()).isEqualTo("out\n");
    assertThat(run.errors()).isEqualTo("err\n");
    assertThat(run.status()).isEqualTo(7);
  }

  @Test
  void tellsASignalFromAStatus() throws Exception {
    ExitRecord exit = script("kill -9 $$").exit().orElseThrow();
    assertThat(exit.signal()).isEqualTo(9);
    assertThat(exit.status()).isZero();
    assertThat(exit.shellStatus()).isEqualTo(137);
  }

  @Test
  void runsAContainerInAllNamespaces() throws Exception {
    ContainerPlan container =
        container()
            .shell(
                "busybox id -u; busybox hostname; echo $$; busybox ls /proc/self/fd;"
                    + "echo hi > /etc/hi; for n in /proc/self/ns/*; do busybox readlink $n; done >"
                    + " /etc/namespaces;");
    Run run = run(container.plan());
    assertThat(run.failure()).isEmpty();
    assertThat(run.errors()).isEmpty();
    assertThat(run.output()).startsWith("0\nabode\n1\n0\n1\n2\n3\n");
    assertThat(run.status()).isZero();
    Path made = container.upper().resolve("etc/hi");
    assertThat(made).hasContent("hi\n");
    assertThat(Files.getAttribute(made, "unix:uid")).isEqualTo(0);
    for (Namespace namespace : Namespace.values()) {
      String ours =
          Files.readSymbolicLink(Path.of("/proc/self/ns", namespace.procName())).toString();
      assertThat(Files.readString(container.upper().resolve("etc/namespaces")))
          .contains(namespace.procName() + ":[")
          .doesNotContain(ours);
    }
  }

  @Test
  void leavesNoDescriptorButTheStreams() throws Exception {
    assertThat(script("exec busybox ls /proc/self/fd").output()).isEqualTo("0\n1\n2\n3\n");
  }

  @Test
  void findsProgramsInThePathOfTheWorkload() throws Exception {
    LaunchPlan plan = ContainerPlan.onHost(ContainerPlan.supervision(false, false), "true");
    assertThat(run(plan).status()).isZero();
  }

  @Test
  void handsMoreMountsOverThanOneMessageHolds() throws Exception {
    ContainerPlan container = container();
    for (int slot = 10; slot < 410; slot++) {
      container.beside.add(
          new Step.Detach(
              slot, "/dev/full", false, false, Set.of(MountFlag.NO_EXEC), Propagation.PRIVATE));
    }
    container.arguments = List.of("/bin/busybox", "ls", "-l", "/tmp/made/file");
    LaunchPlan plan = container.plan();
    List<Step> inside = new ArrayList<>(plan.inside());
    inside.add(
        inside.indexOf(new Step.PivotRoot()),
        new Step.Attach(409, Place.ROOTFS, "/tmp/made/file", Step.Missing.MAKE_FILE));
    assertThat(run(inside(plan, inside)).output()).startsWith("crw").contains("1,   7");
  }

  @Test
  void waitsForTheEngineAndGoesOn() throws Exception {
    ContainerPlan container = awaitingTheEngine();
    try (Shim shim = binary.spawn(container.plan(), socket())) {
      shim.start();
      int pid = expect(shim, ShimEvent.Created.class).pid();
      assertThat(Path.of("/proc", Integer.toString(pid))).exists();
      shim.proceed();
      assertThat(expect(shim, ShimEvent.Started.class).pid()).isEqualTo(pid);
      assertThat(expect(shim, ShimEvent.Exited.class).record().status()).isZero();
      assertThat(shim.next()).isEqualTo(new ShimEvent.Gone());
      assertThat(shim.next()).isEqualTo(new ShimEvent.Gone());
    }
  }

  @Test
  void waitsForTheEngineBesideTheWorkload() throws Exception {
    ContainerPlan container = container();
    container.beside.add(new Step.TellEngine());
    container.beside.add(new Step.AwaitEngine());
    try (Shim shim = binary.spawn(container.plan(), socket())) {
      shim.start();
      expect(shim, ShimEvent.Created.class);
      shim.proceed();
      expect(shim, ShimEvent.Started.class);
      assertThat(expect(shim, ShimEvent.Exited.class).record().status()).isZero();
    }
  }

  // ---- failures

  @Test
  void failsWithoutWaitingForTheEngine() throws Exception {
    ContainerPlan container = container();
    container.beside.add(new Step.TellEngine());
    container.beforeExecute.add(new Step.ChangeDirectory("/nowhere"));
    container.beforeExecute.add(new Step.AwaitEngine());
    LaunchPlan plan = container.plan();
    try (Shim shim = binary.spawn(plan, socket())) {
      shim.start();
      expect(shim, ShimEvent.Created.class);
      assertThat(expect(shim, ShimEvent.Failed.class))
          .isEqualTo(
              new ShimEvent.Failed(
                  LaunchPlan.Phase.INSIDE,
                  plan.inside().indexOf(new Step.ChangeDirectory("/nowhere")),
                  Errno.ENOENT));
    }
  }

  @Test
  void failsWhenTheEngineAbandonsTheLaunch() throws Exception {
    ContainerPlan container = awaitingTheEngine();
    try (Shim shim = binary.spawn(container.plan(), socket())) {
      shim.start();
      int pid = expect(shim, ShimEvent.Created.class).pid();
      shim.abandon();
      assertThat(expect(shim, ShimEvent.Failed.class).errno()).isEqualTo(Errno.ECANCELED);
      assertThat(Path.of("/proc", Integer.toString(pid))).doesNotExist();
    }
  }

  private static Step missingFile() {
    return new Step.WriteFile(Place.HOST, "/nonexistent/file", "x");
  }

  @Test
  void saysWhichStepFailedBefore() throws Exception {
    ContainerPlan container = container();
    container.before.add(new Step.OwnMounts(Propagation.PRIVATE));
    container.before.add(missingFile());
    assertThat(failure(container.plan()))
        .isEqualTo(new ShimEvent.Failed(LaunchPlan.Phase.BEFORE, 1, Errno.ENOENT));
  }

  @Test
  void saysWhichStepFailedBeside() throws Exception {
    ContainerPlan container = container();
    container.beside.add(
        new Step.Detach(9, "/nonexistent", true, false, Set.of(), Propagation.PRIVATE));
    assertThat(failure(container.plan()))
        .isEqualTo(new ShimEvent.Failed(LaunchPlan.Phase.BESIDE, 0, Errno.ENOENT));
  }

  @Test
  void saysWhichStepFailedInside() throws Exception {
    ContainerPlan container = container();
    container.arguments = List.of("nothing-of-that-name");
    LaunchPlan plan = container.plan();
    assertThat(failure(plan))
        .isEqualTo(
            new ShimEvent.Failed(LaunchPlan.Phase.INSIDE, plan.inside().size() - 1, Errno.ENOENT));
  }

  @Test
  void saysThatAFileCannotBeExecuted() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "text");
    LaunchPlan plan =
        ContainerPlan.onHost(ContainerPlan.supervision(false, false), file.toString());
    assertThat(failure(plan))
        .isEqualTo(new ShimEvent.Failed(LaunchPlan.Phase.INSIDE, 0, Errno.EACCES));
  }

  @Test
  void saysWhereTheWorkloadWasKilled() throws Exception {
    ContainerPlan container = container();
    // BPF_RET | BPF_K with SECCOMP_RET_KILL_PROCESS: the next system call is the last.
    ByteBuffer kill = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    kill.putShort(0, (short) 0x06).putInt(4, 0x8000_0000);
    container.beforeExecute.add(new Step.NoNewPrivileges());
    container.beforeExecute.add(new Step.Seccomp(kill));
    LaunchPlan plan = container.plan();
    assertThat(failure(plan))
        .isEqualTo(
            new ShimEvent.Failed(LaunchPlan.Phase.INSIDE, plan.inside().size() - 1, Errno.ENOSYS));
  }

  @Test
  void notesWhatIsTolerated() throws Exception {
    ContainerPlan container = container();
    container.before.add(new Step.Tolerated(missingFile()));
    assertThat(run(container.plan()).status()).isZero();
    assertThat(notes()).contains("tolerated: before, step 0: errno 2\n");
  }

  @Test
  void refusesAWorkingDirectoryOutside() throws Exception {
    ContainerPlan container = container();
    container.beforeExecute.add(new Step.ChangeDirectory("/proc/self/fd/3"));
    assertThat(failure(container.plan()).phase()).isEqualTo(LaunchPlan.Phase.INSIDE);
  }

  @Test
  void failsWhenTheLogCannotBeOpened() throws Exception {
    Supervision supervision = logging(folder.resolve("missing/log"), 4096, 1);
    assertThat(failure(shell(supervision, "true")))
        .isEqualTo(new ShimEvent.Failed(LaunchPlan.Phase.SHIM, 1, Errno.ENOENT));
  }

  // ---- a further process

  @Test
  void entersARunningContainer() throws Exception {
    ContainerPlan container = container().shell("read line");
    container.supervision = ContainerPlan.supervision(false, true);
    try (Shim shim = binary.spawn(container.plan(), socket())) {
      shim.start();
      ShimEvent.Started first = expect(shim, ShimEvent.Started.class);
      Run run =
          Run.of(
              binary,
              entering(
                  first.pid(),
                  first.startTicks(),
                  "busybox hostname; echo x > /etc/x; busybox ls /proc/self/fd; exit 3"),
              folder.resolve("x"));
      assertThat(run.errors()).isEmpty();
      assertThat(run.output()).isEqualTo("abode\n0\n1\n2\n3\n");
      assertThat(run.status()).isEqualTo(3);
      assertThat(Files.getAttribute(container.upper().resolve("etc/x"), "unix:uid")).isEqualTo(0);

      Run stale =
          Run.of(
              binary, entering(first.pid(), first.startTicks() + 1, "true"), folder.resolve("x"));
      assertThat(stale.failure())
          .contains(new ShimEvent.Failed(LaunchPlan.Phase.BEFORE, 0, Errno.ESRCH));

      try (Shim sleeper =
          binary.spawn(
              entering(first.pid(), first.startTicks(), "exec busybox sleep 1000"),
              folder.resolve("x"))) {
        sleeper.start();
        expect(sleeper, ShimEvent.Started.class);
        shim.signal(9);
        // The end of a PID namespace is the end of all in it.
        assertThat(expect(sleeper, ShimEvent.Exited.class).record().signal()).isEqualTo(9);
      }
      expect(shim, ShimEvent.Exited.class);
    }
  }

  private static LaunchPlan entering(int pid, long startTicks, String script) {
    return new LaunchPlan(
        ContainerPlan.supervision(false, false),
        List.of(new Step.Enter(pid, startTicks, EnumSet.allOf(Namespace.class))),
        Set.of(),
        List.of(),
        List.of(
            new Step.SetGroups(List.of()),
            new Step.SetUser(0, 0),
            new Step.ChangeDirectory("/"),
            new Step.Execute(List.of("sh", "-c", script), List.of("PATH=/bin"))));
  }

  // ---- what is no plan

  @Test
  void refusesCorruptPlans() throws Exception {
    ByteBuffer plan = PlanEncoder.encode(shell("true"));
    for (ByteBuffer corrupt : corruptions(plan)) {
      try (Shim shim = binary.spawn(corrupt, socket())) {
        shim.start();
        assertThat(expect(shim, ShimEvent.Failed.class))
            .isEqualTo(new ShimEvent.Failed(LaunchPlan.Phase.SHIM, 0, Errno.EBADMSG));
        assertThat(shim.next()).isEqualTo(new ShimEvent.Gone());
      }
    }
  }

  /** Each breaks one rule; none could do harm if it were played after all. */
  private static List<ByteBuffer> corruptions(ByteBuffer plan) {
    List<ByteBuffer> corruptions = new ArrayList<>();
    for (int size : List.of(0, 1, 79, 80, 143, 144, plan.limit() - 1)) {
      corruptions.add(plan.duplicate().limit(size));
    }
    // Every field of the header but rows, columns and the drain; of the step, all but flags.
    for (int offset : List.of(0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 44, 48, 68, 72, 76)) {
      corruptions.add(with(plan, offset, 0x7fff_fff8));
    }
    for (int offset : List.of(80, 88, 92, 96, 100, 104, 112, 120)) {
      corruptions.add(with(plan, offset, 0x7fff_fff8));
      corruptions.add(with(plan, offset, -1));
    }
    corruptions.add(with(plan, 80, 0)); // no operation
    corruptions.add(with(plan, 104, 8)); // no arguments
    corruptions.add(with(plan, 84, 1 << 20)); // an unknown flag
    corruptions.add(with(plan, plan.limit() - 4, -1)); // an area without its last terminator
    return corruptions;
  }

  private static ByteBuffer with(ByteBuffer plan, int offset, int value) {
    ByteBuffer copy = ByteBuffer.allocate(plan.limit()).order(ByteOrder.LITTLE_ENDIAN);
    copy.put(plan.duplicate()).flip();
    return copy.putInt(offset, value);
  }
}
