package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Shim.Stream;
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
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Workloads behind an agent, and sessions beside them. */
abstract class RemoteContract extends RemoteCase {

  RemoteContract(Build build) {
    super(build);
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
    // The sanitizers cost a factor.
    int bytes = build == Build.SANITIZED ? 1_000_000 : 10_000_000;
    try (Shim shim = waiting();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> sessions = new ArrayList<>();
      for (int number = 0; number < 30; number++) {
        Path socket = folder.resolve("x" + number);
        byte[] sent = random(bytes, number);
        sessions.add(
            threads.submit(
                () -> Arrays.equals(throughCat(socket, session(guest(true, "cat")), sent), sent)));
      }
      for (Future<Boolean> session : sessions) {
        assertThat(session.get()).isTrue();
      }
      shim.signal(9);
      exited(shim);
    }
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
