package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Shim.Stream;
import dev.abode.linux.Errno;
import dev.abode.linux.ProcessIdentity;
import dev.abode.linux.testing.Eventually;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Where shims come from, how they end, and what they outlive. */
abstract class ShimLifeContract extends ShimCase {
  private static final int EPIPE = 32;

  ShimLifeContract(Build build) {
    super(build);
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
    // The stage may be about to write to it, and say so before its death is seen.
    assertThat(killedWhileItWaits(container).errno()).isIn(Errno.ENOMEM, EPIPE);
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
}
