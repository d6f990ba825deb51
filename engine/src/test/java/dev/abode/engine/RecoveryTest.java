package dev.abode.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Event;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.engine.testing.BusyEngine;
import dev.abode.engine.testing.EngineCase;
import dev.abode.engine.testing.TestEngine;
import dev.abode.linux.testing.Eventually;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Engines that end, politely or not, and the engines that come after them. */
class RecoveryTest extends EngineCase {
  private Instance run(String line) throws Exception {
    Instance instance =
        engine.create(InstanceSpec.builder(alpine).command(List.of("sh", "-c", line)).build());
    instance.start();
    return instance;
  }

  private Instance same(Instance instance) {
    return engine.instance(instance.id());
  }

  @Test
  void onlyOneEngineWorksInARoot() {
    assertThatThrownBy(() -> Engine.open(engine.options()))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFLICT));
  }

  @Test
  void adoptsWhatWentOn() throws Exception {
    Instance before = run("while [ ! -e /go ]; do sleep 0.02; done; echo went; exit 6");
    int pid = before.info().state().pid();
    Instant started = before.info().state().startedAt().orElseThrow();
    engine = test.reopen();
    Instance after = same(before);
    InstanceState state = after.info().state();
    assertThat(state.status()).isEqualTo(InstanceStatus.RUNNING);
    assertThat(state.pid()).isEqualTo(pid);
    assertThat(state.startedAt()).contains(started);
    after.exec(ExecSpec.of("touch", "/go")).startDetached();
    assertThat(after.await(WaitCondition.NOT_RUNNING).exitCode()).isEqualTo(6);
    assertThat(TestEngine.log(after)).isEqualTo("went\n");
  }

  @Test
  void undoesAConnectionThatWasNotWrittenDown() throws Exception {
    engine.networks().create(NetworkSpec.of("further"));
    Instance before = run("sleep 1000");
    Path definition = before.info().folder().resolve("instance.json");
    byte[] unconnected = Files.readAllBytes(definition);
    engine.networks().connect(before.id(), EndpointSpec.of("further"));
    // As an engine leaves it that dies between the interface and the record.
    Files.write(definition, unconnected);
    engine = test.reopen();
    Eventually.until(
        "it is out of the network",
        () -> engine.networks().require("further").endpoints().isEmpty());
    assertThat(TestEngine.read(same(before).exec(ExecSpec.of("ls", "/sys/class/net")).start()))
        .isEqualTo("eth0\nlo\n");
    engine.networks().remove("further");
  }

  @Test
  void adoptsWhatIsPaused() throws Exception {
    Instance before = run("sleep 1000");
    before.pause();
    engine = test.reopen();
    assertThat(same(before).info().state().status()).isEqualTo(InstanceStatus.PAUSED);
    same(before).unpause();
    assertThat(same(before).info().state().status()).isEqualTo(InstanceStatus.RUNNING);
  }

  @Test
  void adoptsExecSessions() throws Exception {
    Instance instance = run("sleep 1000");
    Exec exec =
        instance.exec(ExecSpec.of("sh", "-c", "while [ ! -e /go ]; do sleep 0.02; done; exit 8"));
    exec.startDetached();
    engine = test.reopen();
    assertThat(engine.execInfo(exec.id()).running()).isTrue();
    same(instance).exec(ExecSpec.of("touch", "/go")).startDetached();
    assertThat(engine.exec(exec.id()).await()).isEqualTo(8);
  }

  @Test
  void knowsEndsThatNobodySaw() throws Exception {
    Instance before =
        run("trap 'echo unseen; exit 7' USR1; echo ready; while :; do sleep 0.02; done");
    try (LogStream log =
        before.logs(new LogQuery(true, true, -1, Optional.empty(), Optional.empty(), true))) {
      log.next();
    }
    int pid = before.info().state().pid();
    Instant closing = Instant.now();
    engine.close();
    new ProcessBuilder("kill", "-USR1", Integer.toString(pid)).start().waitFor();
    awaitSupervisorsEnd(before);
    engine = test.reopen();
    InstanceState state = same(before).info().state();
    assertThat(state.status()).isEqualTo(InstanceStatus.EXITED);
    assertThat(state.exitCode()).isEqualTo(7);
    assertThat(TestEngine.log(same(before))).isEqualTo("ready\nunseen\n");
    assertThat(actionsOf(before, closing)).containsExactly("die");
  }

  /** Removing its socket is the last thing that a supervisor does; no engine is there to tell. */
  private void awaitSupervisorsEnd(Instance instance) throws Exception {
    Path socket = test.run().resolve(instance.id().substring(0, 16)).resolve("s");
    Eventually.until("the supervisor leaves", () -> Files.notExists(socket));
  }

  private List<String> actionsOf(Instance instance, Instant since) throws Exception {
    List<String> actions = new ArrayList<>();
    try (EventStream events = engine.events(Optional.of(since), Optional.of(Instant.now()))) {
      for (Optional<Event> event = events.next(); event.isPresent(); event = events.next()) {
        if (event.get().actorId().equals(instance.id())) {
          actions.add(event.get().action());
        }
      }
    }
    return actions;
  }

  @Test
  void takesAllForEndedWhenTheMachineWasStartedAnew() throws Exception {
    Instance once = run("sleep 1000");
    Instance always =
        engine.create(
            InstanceSpec.builder(alpine)
                .command(List.of("sleep", "1000"))
                .restart(new RestartPolicy(RestartPolicy.Mode.ALWAYS, 0))
                .build());
    always.start();
    int first = always.info().state().pid();
    List<Integer> pids = List.of(once.info().state().pid(), first);
    Path run = engine.options().run();
    engine.close();
    // What a reboot does: no process, and an empty run folder.
    for (int pid : pids) {
      ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
      process.destroyForcibly();
      process.onExit().join();
    }
    for (Instance ended : List.of(once, always)) {
      awaitSupervisorsEnd(ended);
    }
    TreeDeletion.delete(run);
    engine = test.reopen();
    assertThat(same(once).info().state().status()).isEqualTo(InstanceStatus.EXITED);
    assertThat(same(once).info().state().exitCode()).isEqualTo(255);
    try (EventStream events = engine.events(Optional.of(Instant.EPOCH), Optional.empty())) {
      while (!same(always).info().state().running()) {
        events.next();
      }
    }
    assertThat(same(always).info().state().pid()).isNotEqualTo(first);
  }

  @Test
  void finishesRemovalsAndDropsHalfMadeInstances() throws Exception {
    Instance instance = engine.create(InstanceSpec.of(alpine, "true"));
    Path folder = instance.info().folder();
    engine.close();
    Files.move(folder, folder.resolveSibling(folder.getFileName() + ".removing"));
    Path unfinished = Files.createDirectory(folder.resolveSibling("a".repeat(64)));
    engine = test.reopen();
    assertThat(engine.instances()).isEmpty();
    assertThat(unfinished).doesNotExist();
    assertThat(folder.resolveSibling(folder.getFileName() + ".removing")).doesNotExist();
    assertThat(engine.repairs()).hasSize(2);
  }

  @Test
  void goesOnWithADamagedRecord() throws Exception {
    Instance instance = engine.create(InstanceSpec.of(alpine, "true"));
    Instance healthy = engine.create(InstanceSpec.of(alpine, "true"));
    engine.close();
    Files.writeString(instance.info().folder().resolve("instance.json"), "{\"format\":1,\"id\"");
    engine = test.reopen();
    assertThat(same(instance).info().state().status()).isEqualTo(InstanceStatus.DEAD);
    assertThat(same(instance).info().state().error()).contains("cannot be read");
    assertThat(same(healthy).start()).isTrue();
    same(instance).remove(false, false);
  }

  @Test
  @Tag("slow")
  void keepsItsPromisesWhenItIsKilledAtAnyMoment() throws Exception {
    Random random = new Random(20261123);
    for (int round = 0; round < 6; round++) {
      engine.close();
      Promises promises = killedWhileBusy(round, 1000 + random.nextInt(3000));
      engine = test.reopen();
      holdAll(promises);
      test.removeAll();
      // What was removed is deleted by then.
      engine.close();
      assertNothingIsLeft();
      engine = test.reopen();
    }
  }

  /** What a {@link BusyEngine} said before it was killed. */
  private static final class Promises {
    final Set<String> created = new HashSet<>();
    final Map<String, Integer> started = new HashMap<>();
    final Set<String> removing = new HashSet<>();
    final Set<String> removed = new HashSet<>();
    final List<String> complaints = new ArrayList<>();

    void note(String line) {
      String[] words = line.split(" ", 3);
      switch (words[0]) {
        case "created" -> created.add(words[1]);
        case "started" -> started.put(words[1], Integer.parseInt(words[2]));
        case "removing" -> removing.add(words[1]);
        case "removed" -> removed.add(words[1]);
        case "ready" -> {}
        default -> complaints.add(line);
      }
    }
  }

  private Promises killedWhileBusy(int seed, int millis) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                BusyEngine.class.getName(),
                test.root().toString(),
                alpine,
                Integer.toString(seed),
                "20")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    Promises promises = new Promises();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      assertThat(out.readLine()).isEqualTo("ready");
      Thread killer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      Thread.sleep(millis);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                    // Process.destroyForcibly would close the stream that is still read.
                    process.toHandle().destroyForcibly();
                  });
      List<String> lines = new ArrayList<>();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
      }
      killer.join();
      lines.forEach(promises::note);
    }
    process.waitFor();
    return promises;
  }

  private void holdAll(Promises promises) throws Exception {
    assertThat(promises.complaints).isEmpty();
    Map<String, Instance> found = new HashMap<>();
    engine.instances().forEach(instance -> found.put(instance.info().name(), instance));
    assertThat(promises.removed).noneMatch(found::containsKey);
    for (String name : promises.created) {
      if (!promises.removing.contains(name)) {
        assertThat(found).containsKey(name);
      }
    }
    for (Map.Entry<String, Integer> started : promises.started.entrySet()) {
      Instance instance = found.get(started.getKey());
      if (instance != null) {
        holdStarted(instance, started.getValue());
      }
    }
  }

  /** Every line of a workload that was started is in its log, once, and its end is known. */
  private static void holdStarted(Instance instance, int lines) throws Exception {
    List<String> whole = IntStream.rangeClosed(1, lines).mapToObj(Integer::toString).toList();
    List<String> arguments = instance.info().arguments();
    boolean stays = arguments.getLast().contains("sleep 1000");
    InstanceState state =
        stays ? instance.info().state() : instance.await(WaitCondition.NOT_RUNNING);
    assertThat(state.status())
        .isIn(InstanceStatus.RUNNING, InstanceStatus.EXITED, InstanceStatus.RESTARTING);
    List<String> log = TestEngine.log(instance).lines().toList();
    if (stays) {
      // It was stopped at some moment, or still counts.
      assertThat(whole.subList(0, Math.min(log.size(), lines))).isEqualTo(log);
    } else if (state.status() == InstanceStatus.EXITED) {
      assertThat(arguments.getLast()).endsWith("exit " + state.exitCode());
      assertThat(log.subList(0, lines)).isEqualTo(whole);
      assertThat(log.size() % lines).isZero();
    }
    if (state.running()) {
      assertThat(ProcessHandle.of(state.pid())).isPresent();
    }
  }

  private void assertNothingIsLeft() throws Exception {
    try (Stream<Path> folders = Files.list(engine.options().run())) {
      assertThat(folders.map(p -> p.getFileName().toString())).noneMatch(n -> n.length() == 16);
    }
    try (Stream<Path> folders = Files.list(test.root().resolve("instances"))) {
      assertThat(folders).isEmpty();
    }
    Eventually.until(
        "no process of the engine's is left",
        () -> {
          try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses()) {
            return processes
                .map(p -> p.info().commandLine().orElse(""))
                .noneMatch(line -> line.contains(test.root().toString()));
          }
        });
  }
}
