package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Shim.Stream;
import dev.abode.init.Step.Place;
import dev.abode.linux.Errno;
import dev.abode.linux.ProcessIdentity;
import dev.abode.linux.testing.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every build of {@code abode-init} does. Needs root. */
abstract class ShimContract {
  private static final Set<Stream> OUTPUTS = EnumSet.of(Stream.STDOUT, Stream.STDERR);

  @TempDir Path folder;
  ShimBinary binary;

  abstract ShimBinary load() throws IOException;

  @BeforeEach
  void loadBinary() throws IOException {
    binary = load();
  }

  /** Whatever a test did: no shim, no mount, no complaint of a sanitizer. */
  @AfterEach
  void leavesNothing() throws Exception {
    binary.close();
    try {
      Eventually.until("the shim leaves", () -> ownProcesses().isEmpty());
    } finally {
      for (int shim : ownProcesses()) { // of a test that failed; its workload dies with it
        ProcessHandle.of(shim).ifPresent(ProcessHandle::destroyForcibly);
      }
    }
    Eventually.until(
        "the shim is collected",
        () -> ProcessHandle.current().descendants().noneMatch(ShimContract::isShim));
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(folder.toString());
    assertThat(socket()).doesNotExist();
    assertThat(notes()).doesNotContain("Sanitizer").doesNotContain("runtime error");
  }

  Path socket() {
    return folder.resolve("s");
  }

  private static boolean isShim(ProcessHandle child) {
    return name(child).startsWith("abode-init");
  }

  /** A zombie has no command line any more, but still a name. */
  private static String name(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/comm"));
    } catch (IOException e) {
      return ""; // collected meanwhile
    }
  }

  private String notes() throws IOException {
    Path notes = folder.resolve("shim.log");
    return Files.exists(notes) ? Files.readString(notes) : "";
  }

  /** Shims of this test, by the socket's path among their arguments. */
  private List<Integer> ownProcesses() throws IOException {
    List<Integer> found = new ArrayList<>();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        try {
          if (Files.readString(process.resolve("cmdline")).contains(folder.toString())) {
            found.add(Integer.valueOf(process.getFileName().toString()));
          }
        } catch (IOException e) {
          // it ended meanwhile, or is somebody's whose words are no UTF-8
        }
      }
    }
    return found;
  }

  static <E extends ShimEvent> E expect(Shim shim, Class<E> type) throws IOException {
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Waiting && type != ShimEvent.Waiting.class) {
        continue;
      }
      assertThat(event).isInstanceOf(type);
      return type.cast(event);
    }
  }

  private Run run(LaunchPlan plan) throws IOException {
    return Run.of(binary, plan, socket());
  }

  private Run script(String script) throws IOException {
    return run(shell(script));
  }

  private static LaunchPlan shell(String script) {
    return shell(ContainerPlan.supervision(false, false), script);
  }

  private static LaunchPlan shell(Supervision supervision, String script) {
    return ContainerPlan.onHost(supervision, "busybox", "sh", "-c", script);
  }

  private ContainerPlan container() throws IOException {
    return ContainerPlan.in(folder);
  }

  /** Its workload waits right before it executes its program. */
  private ContainerPlan awaitingTheEngine() throws IOException {
    ContainerPlan container = container();
    container.beside.add(new Step.TellEngine());
    container.beforeExecute.add(new Step.AwaitEngine());
    return container;
  }

  private static LaunchPlan inside(LaunchPlan plan, List<Step> inside) {
    return new LaunchPlan(
        plan.supervision(), plan.before(), plan.namespaces(), plan.beside(), inside);
  }

  private static Supervision logging(Path file, long maxBytes, int maxFiles) {
    return new Supervision(
        false,
        0,
        0,
        false,
        false,
        Optional.of(new Supervision.Log(file, maxBytes, maxFiles)),
        Optional.empty(),
        Optional.empty());
  }

  private static ByteBuffer utf8(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  // ---- where shims come from

  @Test
  void outlivesItsNursery() throws Exception {
    try (Shim shim = binary.spawn(shell("busybox sleep 60"), socket())) {
      shim.start();
      expect(shim, ShimEvent.Started.class);
      long nursery = nursery();
      binary.close();
      assertThat(ProcessHandle.of(nursery)).isEmpty();
      assertThat(ownProcesses()).hasSize(1);
    }
    try (Shim again = Shim.connect(socket())) {
      expect(again, ShimEvent.Started.class);
      again.signal(9);
      assertThat(expect(again, ShimEvent.Exited.class).record().signal()).isEqualTo(9);
    }
  }

  @Test
  void doesWithoutANurseryThatWasKilled() throws Exception {
    assertThat(script("exit 1").status()).isEqualTo(1);
    ProcessHandle killed = ProcessHandle.of(nursery()).orElseThrow();
    killed.destroyForcibly();
    Eventually.until("the nursery ends", () -> !killed.isAlive());
    assertThat(script("exit 2").status()).isEqualTo(2);
    assertThat(script("exit 3").status()).isEqualTo(3);
    assertThat(nursery()).isNotEqualTo(killed.pid());
  }

  private static long nursery() {
    for (ProcessHandle child : ProcessHandle.current().children().toList()) {
      if (name(child).startsWith("abode-nursery")) {
        return child.pid();
      }
    }
    throw new AssertionError("no nursery among the children");
  }

  @Test
  void servesThoseWhoConnectedBeforeTheStart() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (Shim shim = binary.spawn(shell("echo early"), socket());
          Shim client = Shim.attachBeforeStart(socket(), OUTPUTS)) {
        shim.start();
        assertThat(Run.bytes(expect(client, ShimEvent.Output.class).bytes()))
            .asString()
            .isEqualTo("early\n");
        expect(client, ShimEvent.Gone.class);
      }
    }
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

  private ShimEvent.Failed failure(LaunchPlan plan) throws IOException {
    return run(plan).failure().orElseThrow();
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

  // ---- signals, init, hold

  @Test
  void sendsSignals() throws Exception {
    try (Shim shim = binary.spawn(shell("exec busybox sleep 1000"), socket())) {
      shim.start();
      expect(shim, ShimEvent.Started.class);
      shim.signal(15);
      assertThat(expect(shim, ShimEvent.Exited.class).record().shellStatus()).isEqualTo(143);
    }
  }

  @Test
  void staysAsInit() throws Exception {
    ContainerPlan container =
        container()
            .shell(
                "trap 'echo got it; exit 9' TERM; echo $$; busybox cat /proc/1/cmdline;"
                    + "(busybox true & ) ; busybox sleep 0; echo ready; while :; do busybox sleep"
                    + " 0.01; done");
    container.beforeExecute.add(new Step.StayAsInit());
    try (Shim shim = binary.spawn(container.plan(), socket());
        Shim client = Shim.attach(socket(), OUTPUTS)) {
      shim.start();
      StringBuilder seen = new StringBuilder();
      while (client.next() instanceof ShimEvent.Output output) {
        seen.append(StandardCharsets.UTF_8.decode(output.bytes()));
        if (seen.toString().endsWith("ready\n")) {
          shim.signal(15);
        }
      }
      // Nothing of the host's paths is to be read there.
      assertThat(seen.toString().replaceAll("\0+", "\0"))
          .isEqualTo("2\nabode-init\0ready\ngot it\n");
      expect(shim, ShimEvent.Started.class);
      assertThat(expect(shim, ShimEvent.Exited.class).record().status()).isEqualTo(9);
    }
  }

  @Test
  void holdsARootForTheEngine() throws Exception {
    LaunchPlan plan = container().plan();
    List<Step> inside = new ArrayList<>(plan.inside());
    inside.set(inside.size() - 1, new Step.Hold());
    plan = inside(plan, inside);
    try (Shim shim = binary.spawn(plan, socket())) {
      shim.start();
      ShimEvent.Started started = expect(shim, ShimEvent.Started.class);
      assertThat(Path.of("/proc/" + started.pid() + "/root/bin/busybox")).exists();
      assertThat(ProcessIdentity.of(started.pid()))
          .contains(new ProcessIdentity(started.pid(), started.startTicks()));
      shim.signal(9);
      assertThat(expect(shim, ShimEvent.Exited.class).record().signal()).isEqualTo(9);
    }
  }

  @Test
  void holdsNothingForNobody() throws Exception {
    LaunchPlan plan = container().plan();
    List<Step> inside = new ArrayList<>(plan.inside());
    inside.set(inside.size() - 1, new Step.Hold());
    ShimEvent.Started held;
    try (Shim shim = binary.spawn(inside(plan, inside), socket())) {
      shim.start();
      held = expect(shim, ShimEvent.Started.class);
    }
    Eventually.until("the shim leaves", () -> ownProcesses().isEmpty());
    assertThat(ProcessIdentity.of(held.pid()))
        .isNotEqualTo(Optional.of(new ProcessIdentity(held.pid(), held.startTicks())));
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

  // ---- standard input

  @Test
  void passesInputOnUntilItEnds() throws Exception {
    LaunchPlan plan = shell(ContainerPlan.supervision(false, true), "cat; echo end");
    try (Shim shim = binary.spawn(plan, socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class))) {
      client.input(utf8("early "));
      shim.start();
      client.input(utf8("and late\n"));
      client.endInput();
      assertThat(read(client)).isEqualTo("early and late\nend\n");
      assertThat(Run.ended(shim, utf8(""), utf8("")).status()).isZero();
    }
  }

  @Test
  void endsInputWhenItsClientVanishes() throws Exception {
    LaunchPlan plan = shell(ContainerPlan.supervision(false, true), "cat; echo end");
    try (Shim shim = binary.spawn(plan, socket());
        Shim reader = Shim.attach(socket(), OUTPUTS)) {
      try (Shim writer = Shim.attach(socket(), EnumSet.of(Stream.STDIN))) {
        shim.start();
        writer.input(utf8("last words\n"));
      }
      assertThat(read(reader)).isEqualTo("last words\nend\n");
    }
  }

  @Test
  void givesEndOfFileWhenNoInputIsWanted() throws Exception {
    assertThat(script("cat; echo end").output()).isEqualTo("end\n");
  }

  @Test
  void forgetsInputThatNobodyReads() throws Exception {
    Path fifo = folder.resolve("go");
    LaunchPlan plan =
        shell(
            ContainerPlan.supervision(false, true),
            "busybox mkfifo " + fifo + "; exec 0<&-; echo closed; exec busybox cat " + fifo);
    try (Shim shim = binary.spawn(plan, socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class))) {
      shim.start();
      assertThat(client.next()).isInstanceOf(ShimEvent.Output.class);
      client.input(ByteBuffer.allocate(1 << 20)); // returns: it was taken, and thrown away
      Files.writeString(fifo, "on we go\n");
      assertThat(read(client)).isEqualTo("on we go\n");
    }
  }

  @Test
  void holdsInputBackWhileTheWorkloadDoesNotRead() throws Exception {
    Path fifo = folder.resolve("go");
    LaunchPlan plan =
        shell(
            ContainerPlan.supervision(false, true),
            "busybox mkfifo " + fifo + "; echo ready; read x < " + fifo + "; busybox wc -c");
    int size = 8 << 20;
    try (Shim shim = binary.spawn(plan, socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      shim.start();
      assertThat(client.next()).isInstanceOf(ShimEvent.Output.class);
      Future<?> sent =
          threads.submit(
              () -> {
                client.input(ByteBuffer.allocate(size));
                client.endInput();
                return null;
              });
      // Others are served meanwhile, and the shim holds no more than its buffers.
      try (Shim other = Shim.connect(socket())) {
        expect(other, ShimEvent.Started.class);
      }
      assertThat(sent.isDone()).isFalse();
      Files.writeString(fifo, "go\n");
      assertThat(read(client).strip()).isEqualTo(Integer.toString(size));
      sent.get();
    }
  }

  private static String read(Shim client) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (client.next() instanceof ShimEvent.Output output) {
      bytes.writeBytes(Run.bytes(output.bytes()));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  // ---- terminal

  @Test
  void givesATerminalAndResizesIt() throws Exception {
    ContainerPlan container =
        container()
            .shell(
                "trap 'busybox stty size; exit 4' WINCH; busybox tty; busybox stty size;"
                    + "busybox ls -l /dev/console | busybox cut -c1; for n in 0 1 2; do busybox"
                    + " readlink /proc/$$/fd/$n; done;"
                    + " echo ready; while :; do busybox sleep 0.01; done");
    container.supervision =
        new Supervision(
            true, 40, 120, true, true, Optional.empty(), Optional.empty(), Optional.empty());
    try (Shim shim = binary.spawn(container.plan(), socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class))) {
      shim.start();
      StringBuilder seen = new StringBuilder();
      while (client.next() instanceof ShimEvent.Output output) {
        seen.append(StandardCharsets.UTF_8.decode(output.bytes()));
        if (seen.toString().endsWith("ready\r\n")) {
          client.resize(50, 132);
        }
      }
      assertThat(seen.toString())
          .isEqualTo(
              "/dev/pts/0\r\n40 120\r\nc\r\n/dev/pts/0\r\n/dev/pts/0\r\n/dev/pts/0\r\nready\r\n"
                  + "50 132\r\n");
      assertThat(Run.ended(shim, utf8(""), utf8("")).status()).isEqualTo(4);
    }
  }

  @Test
  void passesKeysToTheForegroundOfATerminal() throws Exception {
    ContainerPlan container = container().shell("echo ready; busybox cat; echo never");
    container.supervision = ContainerPlan.supervision(true, true);
    container.beforeExecute.add(new Step.StayAsInit());
    try (Shim shim = binary.spawn(container.plan(), socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class))) {
      shim.start();
      StringBuilder seen = new StringBuilder();
      boolean interrupted = false;
      while (client.next() instanceof ShimEvent.Output output) {
        seen.append(StandardCharsets.UTF_8.decode(output.bytes()));
        if (!interrupted && seen.toString().contains("ready\r\n")) {
          client.input(utf8("\u0003"));
          interrupted = true;
        }
      }
      assertThat(seen.toString()).startsWith("ready\r\n").doesNotContain("never");
      assertThat(Run.ended(shim, utf8(""), utf8("")).status()).isEqualTo(130);
    }
  }

  @Test
  void refusesAFalseTerminalMultiplexer() throws Exception {
    ContainerPlan container = container();
    container.supervision = ContainerPlan.supervision(true, true);
    LaunchPlan plan = container.plan();
    List<Step> inside = new ArrayList<>(plan.inside());
    int open = inside.indexOf(new Step.OpenTerminal(true));
    // As if the image had brought a /dev/pts of its own.
    inside.removeIf(step -> step instanceof Step.Mount mount && mount.type().equals("devpts"));
    inside.add(open - 1, new Step.MakeDirectory(Place.ROOTFS, "/dev/pts", 0755));
    inside.add(open, new Step.MakeSymlink(Place.ROOTFS, "/dev/pts/ptmx", "../null"));
    plan = inside(plan, inside);
    assertThat(failure(plan))
        .isEqualTo(new ShimEvent.Failed(LaunchPlan.Phase.INSIDE, open + 1, Errno.ENODEV));
  }

  // ---- output

  @Test
  void servesManyClientsTheSameOutput() throws Exception {
    int lines = 50_000;
    try (Shim shim = binary.spawn(shell("busybox seq 1 " + lines), socket());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Shim> clients = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        clients.add(Shim.attach(socket(), OUTPUTS));
      }
      clients.removeFirst().close(); // one vanishes without harm
      List<Future<String>> outputs = new ArrayList<>();
      for (Shim client : clients) {
        outputs.add(threads.submit(() -> read(client)));
      }
      shim.start();
      String expected =
          IntStream.rangeClosed(1, lines)
              .mapToObj(line -> line + "\n")
              .collect(java.util.stream.Collectors.joining());
      for (Future<String> output : outputs) {
        assertThat(output.get().equals(expected)).isTrue();
      }
      for (Shim client : clients) {
        client.close();
      }
    }
  }

  @Test
  @Tag("slow")
  void losesNothingToASlowClient() throws Exception {
    int lines = 12_500_000; // about 100 MB
    CRC32 expected = new CRC32();
    long expectedBytes = 0;
    StringBuilder block = new StringBuilder();
    for (int line = 1; line <= lines; line++) {
      block.append(line).append('\n');
      if (block.length() > 60_000 || line == lines) {
        expected.update(block.toString().getBytes(StandardCharsets.US_ASCII));
        expectedBytes += block.length();
        block.setLength(0);
      }
    }
    try (Shim shim = binary.spawn(shell("busybox seq 1 " + lines), socket());
        Shim client = Shim.attach(socket(), OUTPUTS)) {
      shim.start();
      CRC32 seen = new CRC32();
      long bytes = 0;
      while (client.next() instanceof ShimEvent.Output output) {
        seen.update(output.bytes().duplicate());
        if (bytes >> 22 != (bytes + output.bytes().remaining()) >> 22) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5)); // slower than the workload
        }
        bytes += output.bytes().remaining();
      }
      assertThat(bytes).isEqualTo(expectedBytes);
      assertThat(seen.getValue()).isEqualTo(expected.getValue());
      assertThat(Run.ended(shim, utf8(""), utf8("")).status()).isZero();
    }
  }

  @Test
  void doesNotWaitForDescendantsThatKeepTheStreams() throws Exception {
    Run run = script("(busybox sleep 1000 & echo $!) ; exit 5");
    assertThat(run.status()).isEqualTo(5);
    int sleeper = Integer.parseInt(run.output().strip());
    assertThat(ProcessIdentity.of(sleeper).orElseThrow().signal(9)).isTrue();
  }

  // ---- the log

  private static List<Frame> frames(Path part) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(part));
    List<Frame> frames = new ArrayList<>();
    for (Optional<Frame> frame = Frame.take(bytes); frame.isPresent(); frame = Frame.take(bytes)) {
      frames.add(frame.get());
    }
    assertThat(bytes.remaining()).as("rest of %s", part).isZero();
    return frames;
  }

  private static String text(List<Frame> frames) {
    StringBuilder text = new StringBuilder();
    frames.forEach(frame -> text.append(StandardCharsets.UTF_8.decode(frame.payload())));
    return text.toString();
  }

  @Test
  void keepsTheNewestPartsOfTheLogWhole() throws Exception {
    Path log = folder.resolve("log");
    int lines = 20_000;
    Run run = run(shell(logging(log, 5000, 3), "busybox seq 1 " + lines));
    assertThat(run.status()).isZero();
    assertThat(folder.resolve("log.3")).doesNotExist();
    StringBuilder kept = new StringBuilder();
    for (String part : List.of("log.2", "log.1", "log")) {
      assertThat(Files.size(folder.resolve(part))).isLessThanOrEqualTo(5000);
      kept.append(text(frames(folder.resolve(part))));
    }
    assertThat(run.output()).endsWith(kept.toString());
    assertThat(kept.length()).isGreaterThan(5000);
  }

  @Test
  void appendsBehindTheLastWholeFrameOfTheLog() throws Exception {
    Path log = folder.resolve("log");
    run(shell(logging(log, 1 << 20, 1), "echo first"));
    byte[] whole = Files.readAllBytes(log);
    // As a crash leaves it: a header that promises more than is there.
    ByteBuffer torn = ByteBuffer.allocate(whole.length + 20).order(ByteOrder.LITTLE_ENDIAN);
    torn.put(whole).putInt(100).put((byte) 1);
    Files.write(log, torn.array());
    run(shell(logging(log, 1 << 20, 1), "echo second >&2"));
    List<Frame> frames = frames(log);
    assertThat(text(frames)).isEqualTo("first\nsecond\n");
    assertThat(frames).extracting(Frame::stream).containsExactly(Frame.STDOUT, Frame.STDERR);
  }

  // ---- the engine comes and goes

  @Test
  void outlivesTheEngineAndIsFoundAgain() throws Exception {
    Path record = folder.resolve("exit");
    Supervision supervision =
        new Supervision(
            false,
            0,
            0,
            true,
            true,
            Optional.of(new Supervision.Log(folder.resolve("log"), 1 << 20, 1)),
            Optional.of(record),
            Optional.empty());
    ShimEvent.Started first;
    try (Shim shim = binary.spawn(shell(supervision, "echo a; read x; echo b; exit 6"), socket())) {
      shim.start();
      first = expect(shim, ShimEvent.Started.class);
    }
    try (Shim again = Shim.connect(socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class))) {
      assertThat(again.next()).isEqualTo(first);
      client.input(utf8("go\n"));
      ExitRecord exit = expect(again, ShimEvent.Exited.class).record();
      assertThat(exit.status()).isEqualTo(6);
      assertThat(ExitRecord.parse(Files.readString(record))).isEqualTo(exit);
      assertThat(text(frames(folder.resolve("log")))).isEqualTo("a\nb\n");
      assertThat(exit.started()).isBefore(exit.finished());
    }
  }

  @Test
  void endsUnstartedWhenTheEngineLeaves() throws Exception {
    try (Shim shim = binary.spawn(shell("true"), socket())) {
      expect(shim, ShimEvent.Waiting.class);
    }
    Eventually.until("the shim leaves", () -> Files.notExists(socket()));
  }

  @Test
  void leavesTheSocketOfTheNextRunAlone() throws Exception {
    Path run = Files.createDirectory(folder.resolve("run"));
    Path before = folder.resolve("before");
    try (Shim shim = binary.spawn(shell("exec busybox sleep 1000"), run.resolve("s"))) {
      shim.start();
      expect(shim, ShimEvent.Started.class);
      Files.move(run, before);
      Files.createFile(Files.createDirectory(run).resolve("s"));
      shim.signal(9);
      expect(shim, ShimEvent.Exited.class);
      assertThat(shim.next()).isEqualTo(new ShimEvent.Gone());
    }
    assertThat(before.resolve("s")).doesNotExist();
    assertThat(run.resolve("s")).exists();
  }

  @Test
  void leavesNothingHalfMadeWhenTheEngineLeaves() throws Exception {
    ContainerPlan container = awaitingTheEngine();
    int pid;
    try (Shim shim = binary.spawn(container.plan(), socket())) {
      shim.start();
      pid = expect(shim, ShimEvent.Created.class).pid();
    }
    Eventually.until("the shim leaves", () -> Files.notExists(socket()));
    Eventually.until(
        "the workload ends", () -> Files.notExists(Path.of("/proc", Integer.toString(pid))));
  }

  @Test
  void failsWhenTheWorkloadIsKilledWhileTheStageWaits() throws Exception {
    ContainerPlan container = container();
    container.beside.add(new Step.TellEngine());
    container.beside.add(new Step.AwaitEngine());
    ShimEvent.Failed failed = killedWhileItWaits(container);
    assertThat(failed.phase()).isEqualTo(LaunchPlan.Phase.BESIDE);
    assertThat(failed.errno()).isEqualTo(Errno.ENOMEM);
  }

  @Test
  void failsWhenTheWorkloadIsKilledWhileItWaits() throws Exception {
    ContainerPlan container = awaitingTheEngine();
    assertThat(killedWhileItWaits(container).errno()).isEqualTo(Errno.ENOMEM);
  }

  private ShimEvent.Failed killedWhileItWaits(ContainerPlan container) throws Exception {
    try (Shim shim = binary.spawn(container.plan(), socket())) {
      shim.start();
      int pid = expect(shim, ShimEvent.Created.class).pid();
      assertThat(ProcessIdentity.of(pid).orElseThrow().signal(9)).isTrue();
      return expect(shim, ShimEvent.Failed.class);
    }
  }

  @Test
  void killsTheWorkloadWhenItIsKilled() throws Exception {
    int pid;
    try (Shim shim = binary.spawn(shell("exec busybox sleep 1000"), socket())) {
      shim.start();
      pid = expect(shim, ShimEvent.Started.class).pid();
      int own = ownProcesses().getFirst();
      assertThat(ProcessIdentity.of(own).orElseThrow().signal(9)).isTrue();
      assertThat(shim.next()).isEqualTo(new ShimEvent.Gone());
    }
    Eventually.until(
        "the workload ends", () -> Files.notExists(Path.of("/proc", Integer.toString(pid))));
    Files.delete(socket()); // which only the shim itself could have removed
  }

  // ---- what it costs and counts

  @Test
  void countsTheOomKillsOfItsTime() throws Exception {
    Path events =
        Files.writeString(folder.resolve("events"), "low 0\noom_kill_disable 7\noom_kill 3\n");
    Supervision supervision =
        new Supervision(
            false, 0, 0, false, false, Optional.empty(), Optional.empty(), Optional.of(events));
    Run run = run(shell(supervision, "echo oom_kill 5 > " + events));
    assertThat(run.exit().orElseThrow().oomKills()).isEqualTo(2);
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
