package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Shim.Stream;
import dev.abode.linux.Errno;
import dev.abode.linux.ProcessIdentity;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an agent is asked, and machines that go on elsewhere or fail. */
abstract class RemoteMachineContract extends RemoteCase {

  static final int EPROTO = 71; // errno.h

  RemoteMachineContract(Build build) {
    super(build);
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
}
