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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workloads behind an agent. The machine is a set of namespaces here, with the agent as its first
 * process, so that what is tried is the protocol and nothing else. Needs root.
 */
abstract class RemoteContract {
  private static final int EPROTO = 71; // errno.h
  private static final Set<Stream> OUTPUTS = EnumSet.of(Stream.STDOUT, Stream.STDERR);

  @TempDir Path folder;
  ShimBinary binary;
  private Path program;

  /** The build under test. */
  abstract byte[] program() throws IOException;

  @BeforeEach
  void layOut() throws IOException {
    program = folder.resolve("abode-init");
    Files.write(program, program());
    assertThat(program.toFile().setExecutable(true)).isTrue();
    binary = ShimBinary.load(program);
  }

  /** Whatever a test did: no shim, no agent, no complaint of a sanitizer. */
  @AfterEach
  void leavesNothing() throws Exception {
    binary.close();
    try {
      Eventually.until("all leave", () -> processes(folder.toString()).isEmpty());
    } finally {
      processes(folder.toString()).forEach(ProcessHandle::destroyForcibly); // of a test that failed
    }
    for (String name : List.of("shim.log", "console", "agent.log")) {
      Path log = folder.resolve(name);
      String notes = Files.exists(log) ? Files.readString(log, StandardCharsets.ISO_8859_1) : "";
      assertThat(notes).doesNotContain("Sanitizer").doesNotContain("runtime error");
    }
  }

  private Path socket() {
    return folder.resolve("s");
  }

  private static Supervision streams(boolean terminal, boolean stdin, Optional<Remote> remote) {
    return new Supervision(
        terminal, 0, 0, stdin, stdin, Optional.empty(), Optional.empty(), Optional.empty(), remote);
  }

  private static LaunchPlan guest(boolean stdin, String script) {
    return ContainerPlan.onHost(
        streams(false, stdin, Optional.empty()), "busybox", "sh", "-c", script);
  }

  private Supervision machine(LaunchPlan guest) {
    Supervision workload = guest.supervision();
    return streams(
        workload.terminal(),
        workload.openStdin(),
        Optional.of(new Remote.Machine(folder.resolve("console"), guest, false)));
  }

  private LaunchPlan plan(LaunchPlan guest) {
    return plan(machine(guest), program.toString(), "agent");
  }

  private static LaunchPlan plan(Supervision supervision, String... command) {
    return new LaunchPlan(
        supervision,
        List.of(),
        EnumSet.of(Namespace.PID),
        List.of(),
        List.of(
            new Step.OwnMounts(Propagation.PRIVATE),
            new Step.Mount("proc", "proc", Place.HOST, "/proc", Set.of(), ""),
            new Step.Execute(Arrays.asList(command), List.of("PATH=/bin:/usr/bin"))));
  }

  private Run run(LaunchPlan guest) throws IOException {
    return Run.of(binary, plan(guest), socket());
  }

  private LaunchPlan session(LaunchPlan guest) {
    return LaunchPlan.elsewhere(
        streams(
            guest.supervision().terminal(),
            guest.supervision().openStdin(),
            Optional.of(new Remote.Session(socket(), guest))));
  }

  private Run exec(String name, String script) throws IOException {
    return Run.of(binary, session(guest(false, script)), folder.resolve(name));
  }

  /** A machine whose workload waits for the end of its input. */
  private Shim waiting() throws IOException {
    Shim shim = binary.spawn(plan(guest(true, "cat > /dev/null")), socket());
    shim.start();
    started(shim);
    return shim;
  }

  private static ShimEvent.Started started(Shim shim) throws IOException {
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Started started) {
        return started;
      }
      assertThat(event)
          .isInstanceOfAny(ShimEvent.Waiting.class, ShimEvent.Booting.class, ShimEvent.Ready.class);
    }
  }

  private static ExitRecord exited(Shim shim) throws IOException {
    ExitRecord record =
        Run.ended(shim, ByteBuffer.allocate(0), ByteBuffer.allocate(0)).exit().get();
    assertThat(shim.next()).isEqualTo(new ShimEvent.Gone());
    return record;
  }

  // ---- the workload

  @Test
  void passesOutputAndStatusOn() throws Exception {
    Run run = run(guest(false, "echo out; echo err >&2; exit 7"));
    assertThat(run.output()).isEqualTo("out\n");
    assertThat(run.errors()).isEqualTo("err\n");
    assertThat(run.status()).isEqualTo(7);
    assertThat(run.exit().orElseThrow().machineDied()).isFalse();
  }

  @Test
  void tellsASignalFromAStatus() throws Exception {
    assertThat(run(guest(false, "kill -15 $$")).exit().orElseThrow().signal()).isEqualTo(15);
  }

  @Test
  void saysWhatFailedInTheGuest() throws Exception {
    LaunchPlan guest =
        ContainerPlan.onHost(streams(false, false, Optional.empty()), "nothing-of-that-name");
    assertThat(run(guest).failure())
        .contains(new ShimEvent.Failed(LaunchPlan.Phase.GUEST_INSIDE, 0, Errno.ENOENT));
  }

  @Test
  void tellsWhatTheMachineIsAt() throws Exception {
    try (Shim shim = binary.spawn(plan(guest(false, "true")), socket())) {
      shim.start();
      List<ShimEvent> events = new ArrayList<>();
      do {
        events.add(shim.next());
      } while (!events.getLast().equals(new ShimEvent.Gone()));
      assertThat(events)
          .extracting(event -> (Object) event.getClass())
          .containsSubsequence(
              ShimEvent.Booting.class,
              ShimEvent.Ready.class,
              ShimEvent.Started.class,
              ShimEvent.Exited.class);
    }
  }

  @Test
  void endsStandardInput() throws Exception {
    byte[] bytes = random(3_000_000, 1);
    assertThat(throughCat(socket(), plan(guest(true, "cat")), bytes)).isEqualTo(bytes);
  }

  @Test
  void deliversSignals() throws Exception {
    LaunchPlan guest = guest(true, "trap 'exit 9' USR1; echo ready; sleep 100 & wait");
    try (Shim shim = binary.spawn(plan(guest), socket());
        Shim client = Shim.attach(socket(), EnumSet.of(Stream.STDIN, Stream.STDOUT))) {
      shim.start();
      assertThat(client.next()).isInstanceOf(ShimEvent.Output.class);
      started(shim);
      shim.signal(10);
      assertThat(exited(shim).status()).isEqualTo(9);
    }
  }

  @Test
  void resizesATerminal() throws Exception {
    LaunchPlan script =
        guest(true, "while [ \"$(stty size)\" != '33 99' ]; do usleep 1000; done; echo resized");
    LaunchPlan terminal =
        new LaunchPlan(
            streams(true, true, Optional.empty()),
            List.of(),
            Set.of(),
            List.of(),
            List.of(new Step.OpenTerminal(false), script.inside().getLast()));
    try (Shim shim = binary.spawn(plan(terminal), socket());
        Shim client = Shim.attach(socket(), EnumSet.of(Stream.STDIN, Stream.STDOUT))) {
      shim.start();
      started(shim);
      client.resize(33, 99);
      StringBuilder output = new StringBuilder();
      while (client.next() instanceof ShimEvent.Output part) {
        output.append(StandardCharsets.UTF_8.decode(part.bytes()));
      }
      assertThat(output.toString()).endsWith("resized\r\n");
    }
  }

  @Test
  @Tag("slow")
  void losesNoLineOfALog() throws Exception {
    int lines = 2_000_000;
    Path log = folder.resolve("log");
    LaunchPlan guest = guest(false, "busybox seq 1 " + lines);
    Supervision supervision =
        new Supervision(
            false,
            0,
            0,
            false,
            false,
            Optional.of(new Supervision.Log(log, 1L << 30, 1)),
            Optional.empty(),
            Optional.empty(),
            machine(guest).remote());
    try (Shim shim = binary.spawn(plan(supervision, program.toString(), "agent"), socket())) {
      shim.start();
      assertThat(exited(shim).status()).isZero();
    }
    ByteBuffer frames = ByteBuffer.wrap(Files.readAllBytes(log));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (Optional<Frame> frame = Frame.take(frames);
        frame.isPresent();
        frame = Frame.take(frames)) {
      text.writeBytes(Run.bytes(frame.get().payload()));
    }
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    IntStream.rangeClosed(1, lines)
        .forEach(line -> expected.writeBytes((line + "\n").getBytes(StandardCharsets.US_ASCII)));
    assertThat(Arrays.equals(text.toByteArray(), expected.toByteArray())).isTrue();
  }

  // ---- sessions beside it

  @Test
  void runsMoreInTheSameMachine() throws Exception {
    try (Shim shim = waiting()) {
      Run run = exec("x", "echo from beside; exit 3");
      assertThat(run.output()).isEqualTo("from beside\n");
      assertThat(run.status()).isEqualTo(3);
      shim.signal(9);
      assertThat(exited(shim).signal()).isEqualTo(9);
    }
  }

  @Test
  @Tag("slow")
  void carriesThirtySessionsAtOnceBothWays() throws Exception {
    try (Shim shim = waiting();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> sessions = new ArrayList<>();
      for (int number = 0; number < 30; number++) {
        Path socket = folder.resolve("x" + number);
        byte[] bytes = random(bytesEachWay(), number);
        sessions.add(
            threads.submit(
                () ->
                    Arrays.equals(throughCat(socket, session(guest(true, "cat")), bytes), bytes)));
      }
      for (Future<Boolean> session : sessions) {
        assertThat(session.get()).isTrue();
      }
      shim.signal(9);
      exited(shim);
    }
  }

  int bytesEachWay() {
    return 10_000_000;
  }

  @Test
  void isNotHeldUpByAClientThatTakesNothing() throws Exception {
    try (Shim shim = waiting();
        Shim stuck = binary.spawn(session(guest(false, "cat /dev/zero")), folder.resolve("x"));
        Shim deaf = Shim.attach(folder.resolve("x"), OUTPUTS)) {
      stuck.start();
      started(stuck);
      assertThat(deaf.next()).isInstanceOf(ShimEvent.Output.class);
      assertThat(exec("y", "seq 1 100000 | tail -n 1").output()).isEqualTo("100000\n");
      shim.signal(9);
      exited(shim);
    }
  }

  @Test
  void endsASessionWithItsShim() throws Exception {
    try (Shim shim = waiting()) {
      String mark = "31557" + ProcessHandle.current().pid() % 1000;
      try (Shim session =
          binary.spawn(session(guest(false, "sleep " + mark)), folder.resolve("x"))) {
        session.start();
        int own = started(session).pid();
        assertThat(running("sleep " + mark)).isTrue();
        assertThat(ProcessIdentity.of(own).orElseThrow().signal(9)).isTrue();
      }
      Eventually.until("the session ends", () -> !running("sleep " + mark));
      assertThat(exec("y", "echo on").output()).isEqualTo("on\n");
      shim.signal(9);
      exited(shim);
    }
  }

  /** Forking one takes longer than many a session does; it may die, as any process may. */
  @Test
  void keepsAShimReadyForTheNextSession() throws Exception {
    try (Shim shim = waiting()) {
      Eventually.until("one waits", () -> waitingShims().size() == 1);
      assertThat(waitingShims().getFirst().destroyForcibly()).isTrue();
      assertThat(exec("x", "echo on").output()).isEqualTo("on\n");
      Eventually.until("another one waits", () -> waitingShims().size() == 1);
      shim.signal(9);
      exited(shim);
    }
  }

  /** Of the agent's forks those that have launched nothing. */
  private List<ProcessHandle> waitingShims() {
    return processes(program + " agent").stream()
        .filter(process -> process.children().findAny().isEmpty())
        .toList();
  }

  private static boolean running(String command) {
    return !processes(command).isEmpty();
  }

  /** Processes that have {@code command} somewhere in their command line. */
  private static List<ProcessHandle> processes(String command) {
    return ProcessHandle.allProcesses()
        .filter(
            process -> {
              try {
                return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
                    .replace('\0', ' ')
                    .contains(command);
              } catch (IOException e) {
                return false;
              }
            })
        .toList();
  }

  // ---- questions

  @Test
  void answersQuestions() throws Exception {
    try (Shim shim = waiting();
        Shim asking = Shim.connect(socket())) {
      asking.ask(new Shim.Question.Read("/proc/1/comm"));
      assertThat(content(asking)).isEqualTo("abode-init\n");
      asking.ask(new Shim.Question.Read("/etc/passwd"));
      assertThat(answer(asking).errno()).isEqualTo(Errno.EPERM);
      asking.ask(new Shim.Question.Freeze(""));
      assertThat(answer(asking).errno()).isZero();
      asking.ask(new Shim.Question.Thaw());
      assertThat(answer(asking).errno()).isZero();
      assertThat(exec("x", "echo on").output()).isEqualTo("on\n");
      shim.signal(9);
      exited(shim);
    }
  }

  @Test
  void thawsForAnEngineThatLeft() throws Exception {
    try (Shim shim = waiting()) {
      try (Shim asking = Shim.connect(socket())) {
        asking.ask(new Shim.Question.Freeze(""));
        assertThat(answer(asking).errno()).isZero();
      }
      assertThat(exec("x", "echo on").output()).isEqualTo("on\n");
      shim.signal(9);
      exited(shim);
    }
  }

  private static ShimEvent.Answer answer(Shim shim) throws IOException {
    while (true) {
      if (shim.next() instanceof ShimEvent.Answer answer) {
        return answer;
      }
    }
  }

  private static String content(Shim shim) throws IOException {
    return StandardCharsets.UTF_8.decode(answer(shim).content()).toString();
  }

  /** As a snapshot is restored: the guest is the same, the shim and the machine are others. */
  @Test
  void goesOnUnderAnotherShim() throws Exception {
    Process guest = guestOfItsOwn();
    try {
      LaunchPlan workload = guest(true, "read x; echo got $x; exit 5");
      try (Shim first = binary.spawn(proxy(machine(workload)), socket());
          Shim asking = Shim.connect(socket())) {
        first.start();
        int machine = started(first).pid();
        asking.ask(new Shim.Question.Freeze(""));
        assertThat(answer(asking).errno()).isZero();
        long shim = ProcessHandle.of(machine).orElseThrow().parent().orElseThrow().pid();
        assertThat(ProcessIdentity.of((int) shim).orElseThrow().signal(9)).isTrue();
        while (!(first.next() instanceof ShimEvent.Gone)) {
          // what it still had to say
        }
        Eventually.until("the machine ends", () -> ProcessHandle.of(machine).isEmpty());
      }
      Supervision resumed =
          streams(
              false,
              true,
              Optional.of(new Remote.Machine(folder.resolve("console"), workload, true)));
      Path socket = folder.resolve("again");
      try (Shim second = binary.spawn(proxy(resumed), socket);
          Shim client = Shim.attach(socket, EnumSet.of(Stream.STDIN, Stream.STDOUT))) {
        second.start();
        started(second);
        client.input(ByteBuffer.wrap("this\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(client.next())
            .isInstanceOfSatisfying(
                ShimEvent.Output.class,
                output -> assertThat(Run.bytes(output.bytes())).asString().isEqualTo("got this\n"));
        assertThat(exited(second).status()).isEqualTo(5);
      }
    } finally {
      guest.descendants().forEach(ProcessHandle::destroyForcibly);
      guest.destroyForcibly().waitFor();
    }
  }

  /** An agent that no shim launched, behind two named pipes. */
  private Process guestOfItsOwn() throws Exception {
    String pipes = "mkfifo " + folder + "/in " + folder + "/out";
    assertThat(new ProcessBuilder("sh", "-c", pipes).start().waitFor()).isZero();
    String agent =
        "exec unshare --pid --fork --mount-proc "
            + program
            + " agent <>"
            + folder
            + "/in 1<>"
            + folder
            + "/out";
    return new ProcessBuilder("sh", "-c", agent)
        .redirectError(folder.resolve("agent.log").toFile())
        .start();
  }

  /** A machine that only carries bytes to and from that agent. */
  private LaunchPlan proxy(Supervision supervision) {
    return plan(
        supervision,
        "busybox",
        "sh",
        "-c",
        "cat " + folder + "/out & exec cat > " + folder + "/in");
  }

  // ---- machines that fail

  @Test
  void saysThatTheMachineDied() throws Exception {
    try (Shim shim = binary.spawn(plan(guest(true, "cat")), socket())) {
      shim.start();
      ShimEvent.Started machine = started(shim);
      assertThat(ProcessIdentity.of(machine.pid()).orElseThrow().signal(9)).isTrue();
      ExitRecord exit = exited(shim);
      assertThat(exit.machineDied()).isTrue();
      assertThat(exit.signal()).isEqualTo(9);
    }
  }

  @Test
  void saysThatItDiedBeforeItsWorkload() throws Exception {
    LaunchPlan plan =
        plan(machine(guest(false, "true")), "busybox", "sh", "-c", "echo panic >&2; exit 5");
    assertThat(Run.of(binary, plan, socket()).failure())
        .contains(new ShimEvent.Failed(LaunchPlan.Phase.MACHINE, 5, 0));
    assertThat(folder.resolve("console")).hasContent("panic");
  }

  @Test
  @Tag("slow")
  void killsAFrozenMachine() throws Exception {
    try (Shim shim = binary.spawn(plan(guest(true, "cat")), socket())) {
      shim.start();
      int machine = started(shim).pid();
      assertThat(ProcessIdentity.of(machine).orElseThrow().signal(19)).isTrue();
      try (Shim client = Shim.attach(socket(), EnumSet.of(Stream.STDIN))) {
        client.input(ByteBuffer.wrap(random(100_000, 2)));
      }
      shim.signal(9);
      ExitRecord exit = exited(shim);
      assertThat(exit.signal()).isEqualTo(9);
      assertThat(exit.machineDied()).isFalse();
    }
  }

  @Test
  void refusesAnAgentThatSpeaksNonsense() throws Exception {
    Path words = Files.write(folder.resolve("words"), random(100_000, 3));
    assertThat(Run.of(binary, saying(words), socket()).failure())
        .contains(new ShimEvent.Failed(LaunchPlan.Phase.MACHINE, 0, EPROTO));
  }

  private LaunchPlan saying(Path words) {
    return plan(
        machine(guest(false, "true")), "busybox", "sh", "-c", "cat " + words + "; exec cat");
  }

  /** What a real agent said, with bytes changed at random, said again to a new shim. */
  @Test
  @Tag("slow")
  void survivesAgentsThatLie() throws Exception {
    Path words = folder.resolve("words");
    LaunchPlan recorded =
        plan(
            machine(guest(false, "seq 1 2000; echo x >&2; exit 4")),
            "busybox",
            "sh",
            "-c",
            program + " agent | tee " + words);
    // The agent is not the first process here, whom nothing could end.
    assertThat(Run.of(binary, recorded, socket()).exit()).isPresent();
    byte[] original = Files.readAllBytes(words);
    Random random = new Random(20260102);
    for (int round = 0; round < 150; round++) {
      byte[] changed = original.clone();
      for (int change = random.nextInt(4); change > 0; change--) {
        int at = random.nextInt(2) == 0 ? random.nextInt(200) : random.nextInt(changed.length);
        changed[at % changed.length] =
            (byte) (random.nextBoolean() ? random.nextInt(4) : random.nextInt());
      }
      Files.write(
          words, Arrays.copyOf(changed, changed.length - random.nextInt(2) * random.nextInt(300)));
      LaunchPlan plan = plan(machine(guest(false, "true")), "busybox", "cat", words.toString());
      Run run = Run.of(binary, plan, socket());
      assertThat(run.exit().isPresent() || run.failure().isPresent()).isTrue();
      Eventually.until("the shim leaves", () -> Files.notExists(socket()));
    }
  }

  // ---- bytes

  private static byte[] random(int size, long seed) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** What comes back from a workload that copies its input. */
  private byte[] throughCat(Path socket, LaunchPlan plan, byte[] bytes) throws Exception {
    try (Shim shim = binary.spawn(plan, socket);
        Shim client = Shim.attach(socket, EnumSet.of(Stream.STDIN, Stream.STDOUT))) {
      shim.start();
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      client.input(ByteBuffer.wrap(bytes));
                      client.endInput();
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      ByteArrayOutputStream back = new ByteArrayOutputStream();
      while (client.next() instanceof ShimEvent.Output output) {
        back.writeBytes(Run.bytes(output.bytes()));
      }
      writer.join();
      return back.toByteArray();
    }
  }
}
