package dev.abode.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Change;
import dev.abode.engine.instance.Event;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.HealthCheck;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.LimitsOf;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.SecurityOf;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.instance.Streams;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.EngineCase;
import dev.abode.engine.testing.TarOf;
import dev.abode.engine.testing.TestEngine;
import dev.abode.image.Image;
import dev.abode.image.Progress;
import dev.abode.image.tar.TarLimits;
import dev.abode.image.tar.TarReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The life of an instance, whatever its walls, on a real kernel with a real image. */
abstract class LifeContract extends EngineCase {
  private static InstanceState ended(Instance instance) throws Exception {
    return instance.await(WaitCondition.NOT_RUNNING);
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
  void runsFromCreationToRemoval() throws Exception {
    Instant before = Instant.now();
    Instance instance = engine.create(shell("echo out; echo err >&2; exit 3").name("one").build());
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.CREATED);
    assertThat(instance.start()).isTrue();
    InstanceState state = ended(instance);
    assertThat(state.exitCode()).isEqualTo(3);
    assertThat(state.status()).isEqualTo(InstanceStatus.EXITED);
    assertThat(state.startedAt()).isPresent();
    assertThat(state.finishedAt().orElseThrow()).isAfterOrEqualTo(state.startedAt().orElseThrow());
    assertThat(TestEngine.log(instance)).contains("out\n", "err\n");
    instance.remove(false, false);
    assertThatThrownBy(() -> engine.instance("one")).hasMessage("No such container: one");
    assertThat(instance.info().folder()).doesNotExist();
    assertThat(actionsOf(instance, before)).containsExactly("create", "start", "die", "destroy");
  }

  @Test
  void startsAgain() throws Exception {
    Instance instance = run(shell("echo x >> /count; wc -l < /count"));
    ended(instance);
    instance.start();
    ended(instance);
    assertThat(TestEngine.log(instance)).isEqualTo("1\n2\n");
  }

  @Test
  void isFoundByNameAndPrefix() throws Exception {
    Instance instance = engine.create(shell("true").name("found").build());
    assertThat(engine.instance("found").id()).isEqualTo(instance.id());
    assertThat(engine.instance("/found").id()).isEqualTo(instance.id());
    assertThat(engine.instance(instance.id().substring(0, 9)).id()).isEqualTo(instance.id());
    assertThatThrownBy(() -> engine.create(shell("true").name("found").build()))
        .isInstanceOf(EngineException.class)
        .hasMessageStartingWith(
            "Conflict. The container name \"/found\" is already in use by container \""
                + instance.id());
    instance.rename("lost");
    assertThat(engine.instance("lost").id()).isEqualTo(instance.id());
    engine.create(shell("true").name("found").build());
  }

  @Test
  void refusesWhatCannotBe() throws Exception {
    assertThatThrownBy(() -> engine.create(InstanceSpec.of("nothing-like-that")))
        .hasMessageContaining("No such image: nothing-like-that");
    assertThatThrownBy(() -> engine.create(shell("true").name("!").build()))
        .hasMessageStartingWith("Invalid container name (!)");
    assertThatThrownBy(
            () ->
                engine.create(
                    shell("true")
                        .autoRemove(true)
                        .restart(new RestartPolicy(RestartPolicy.Mode.ALWAYS, 0))
                        .build()))
        .hasMessage("can't create 'AutoRemove' container with restart policy");
    assertThatThrownBy(() -> engine.create(shell("true").limits(LimitsOf.memory(4L << 20)).build()))
        .hasMessage("Minimum memory limit allowed is 6MB");
    assertThatThrownBy(
            () ->
                engine.create(
                    shell("true").limits(LimitsOf.memoryAndSwap(64L << 20, 32L << 20)).build()))
        .hasMessageStartingWith("Minimum memoryswap limit should be larger than memory limit");
    Instance idle = engine.create(shell("true").build());
    assertThatThrownBy(() -> idle.kill("TERM")).hasMessageContaining("is not running");
    assertThatThrownBy(idle::pause).hasMessageContaining("is not running");
    assertThatThrownBy(() -> idle.exec(ExecSpec.of("true"))).hasMessageContaining("is not running");
    assertThat(idle.stop(Optional.empty(), Optional.empty())).isFalse();
  }

  @Test
  void hasKernelParametersOfItsOwn() throws Exception {
    Map<String, String> asked = Map.of("net.ipv4.tcp_fin_timeout", "33", "kernel.msgmax", "9000");
    Instance instance =
        run(
            shell(
                    "cd /proc/sys; cat net/ipv4/ip_unprivileged_port_start"
                        + " net/ipv4/tcp_fin_timeout kernel/msgmax; ping -c 1 127.0.0.1 | tail -1")
                .user("nobody")
                .security(SecurityOf.sysctls(asked)));
    assertThat(ended(instance).exitCode()).isZero();
    assertThat(TestEngine.log(instance)).startsWith("0\n33\n9000\n").contains("round-trip");
    Instance wrong =
        engine.create(
            shell("true").security(SecurityOf.sysctls(Map.of("net.no_such", "1"))).build());
    assertThatThrownBy(wrong::start).hasMessageStartingWith("cannot set sysctl net.no_such to");
  }

  @Test
  void leavesNothingOfAStartThatFails() throws Exception {
    Instance missing = engine.create(program("no-such-program").build());
    assertThatThrownBy(missing::start)
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.COMMAND_NOT_FOUND));
    assertThat(missing.info().state().exitCode()).isEqualTo(127);
    assertThat(missing.info().state().status()).isEqualTo(InstanceStatus.CREATED);
    assertThat(missing.info().state().error()).contains("no-such-program");
    Instance folder = engine.create(program("/etc").build());
    assertThatThrownBy(folder::start)
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.COMMAND_NOT_EXECUTABLE));
    assertThat(folder.info().state().exitCode()).isEqualTo(126);
    try (var left = Files.list(engine.options().run())) {
      assertThat(left.map(p -> p.getFileName().toString())).noneMatch(n -> n.length() == 16);
    }
  }

  @Test
  void stopsPolitelyAndThenFirmly() throws Exception {
    Instance polite = run(shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"));
    TestEngine.awaitLine(polite, "ready");
    assertThat(polite.stop(Optional.of(Duration.ofMinutes(1)), Optional.empty())).isTrue();
    assertThat(polite.info().state().exitCode()).isEqualTo(7);

    Instance deaf = run(shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"));
    TestEngine.awaitLine(deaf, "ready");
    deaf.stop(Optional.of(Duration.ofMillis(100)), Optional.empty());
    assertThat(deaf.info().state().exitCode()).isEqualTo(137);
    assertThat(deaf.info().state().status()).isEqualTo(InstanceStatus.EXITED);
  }

  @Test
  void killsAndTellsTheSignal() throws Exception {
    Instant before = Instant.now();
    Instance instance = run(shell("sleep 1000"));
    instance.kill("SIGKILL");
    assertThat(ended(instance).exitCode()).isEqualTo(137);
    assertThat(actionsOf(instance, before)).containsSubsequence("start", "kill", "die");
  }

  @Test
  void pausesAndGoesOn() throws Exception {
    Instance instance = run(shell("while :; do date +%N; sleep 0.01; done"));
    instance.pause();
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.PAUSED);
    assertThatThrownBy(instance::pause).hasMessageContaining("is already paused");
    assertThatThrownBy(() -> instance.exec(ExecSpec.of("true")))
        .hasMessageContaining("is paused, unpause the container before exec");
    instance.unpause();
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
    instance.pause();
    instance.stop(Optional.of(Duration.ofSeconds(1)), Optional.empty());
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.EXITED);
  }

  @Test
  void isRemovedAfterItsEndWhenAsked() throws Exception {
    Instance instance = run(shell("exit 4").autoRemove(true));
    assertThat(instance.await(WaitCondition.REMOVED).exitCode()).isEqualTo(4);
    assertThat(engine.instances()).noneMatch(i -> i.id().equals(instance.id()));
    assertThat(instance.info().folder()).doesNotExist();
  }

  @Test
  void refusesToRemoveWhatRuns() throws Exception {
    Instance instance = run(shell("sleep 1000").name("busy"));
    assertThatThrownBy(() -> instance.remove(false, false))
        .hasMessage(
            "cannot remove container \"/busy\": container is running: stop the container before"
                + " removing or force remove");
    instance.remove(true, false);
    assertThat(engine.instances()).isEmpty();
  }

  @Test
  void startsAgainAsItsPolicySays() throws Exception {
    Instance instance =
        run(
            shell("echo x >> /count; exit 1")
                .restart(new RestartPolicy(RestartPolicy.Mode.ON_FAILURE, 3)));
    while (instance.info().state().status() != InstanceStatus.EXITED) {
      instance.await(WaitCondition.NOT_RUNNING);
    }
    assertThat(instance.info().state().restartCount()).isEqualTo(3);
  }

  @Test
  void isNotStartedAgainWhenItWasStopped() throws Exception {
    Instance instance =
        run(shell("sleep 1000").restart(new RestartPolicy(RestartPolicy.Mode.ALWAYS, 0)));
    instance.stop(Optional.of(Duration.ZERO), Optional.empty());
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.EXITED);
    Instance restarting =
        run(shell("exit 1").restart(new RestartPolicy(RestartPolicy.Mode.ALWAYS, 0)));
    restarting.await(WaitCondition.NEXT_EXIT);
    restarting.stop(Optional.of(Duration.ZERO), Optional.empty());
    assertThat(restarting.info().state().status()).isEqualTo(InstanceStatus.EXITED);
    restarting.remove(false, false);
  }

  @Test
  void changesItsSharesAndItsPolicyWhileItRuns() throws Exception {
    Instance instance = run(shell("sleep 1000"));
    instance.update(
        LimitsOf.cpuNanos(500_000_000),
        Optional.of(new RestartPolicy(RestartPolicy.Mode.ALWAYS, 0)));
    assertThat(instance.info().spec().limits().cpuNanos()).hasValue(500_000_000);
    assertThat(instance.info().spec().restart().mode()).isEqualTo(RestartPolicy.Mode.ALWAYS);
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
  }

  @Test
  void tellsThatItRanOutOfMemory() throws Exception {
    Instant before = Instant.now();
    Instance instance =
        run(
            shell("exec dd if=/dev/zero of=/dev/null bs=1G")
                .limits(LimitsOf.memoryAndSwap(64L << 20, 64L << 20)));
    InstanceState state = ended(instance);
    assertThat(state.oomKilled()).isTrue();
    assertThat(state.exitCode()).isEqualTo(137);
    assertThat(actionsOf(instance, before)).containsSubsequence("start", "oom", "die");
  }

  @Test
  void findsOutWhetherItIsHealthy() throws Exception {
    Instance instance =
        run(
            shell("sleep 0.1; touch /ok; sleep 1000")
                .health(
                    new HealthCheck(
                        List.of("CMD-SHELL", "test -e /ok && echo fine"),
                        Duration.ofMillis(50),
                        Duration.ofSeconds(10),
                        Duration.ZERO,
                        Duration.ZERO,
                        100)));
    try (EventStream events = engine.events(Optional.of(Instant.EPOCH), Optional.empty())) {
      Event event = events.next().orElseThrow();
      while (!event.action().startsWith("health_status")
          || !event.actorId().equals(instance.id())) {
        event = events.next().orElseThrow();
      }
      assertThat(event.action()).isEqualTo("health_status: healthy");
    }
    InstanceState.Health health = instance.info().state().health().orElseThrow();
    assertThat(health.status()).isEqualTo(InstanceState.HealthStatus.HEALTHY);
    assertThat(health.log().getLast().output()).isEqualTo("fine\n");
  }

  @Test
  void showsWhatWasAskedFor() throws Exception {
    Instance instance =
        engine.create(program("env").environment(List.of("A=b")).labels(Map.of("k", "v")).build());
    assertThat(instance.info().environment()).contains("A=b").anyMatch(e -> e.startsWith("PATH="));
    assertThat(instance.info().arguments()).containsExactly("env");
    assertThat(instance.info().spec().labels()).containsEntry("k", "v");
    assertThat(instance.info().name()).matches("[a-z]+_[a-z]+[0-9]*");
    assertThat(instance.info().warnings()).isEmpty();
  }

  @Test
  void tellsWhatRunsAndWhatItUses() throws Exception {
    Instance instance =
        run(
            shell("sleep 1000 & echo ready; read line")
                .streams(new Streams(false, true, false))
                .limits(LimitsOf.memory(64L << 20)));
    TestEngine.awaitLine(instance, "ready");

    List<List<String>> rows = instance.processes(List.of()).rows();
    assertThat(rows).hasSize(2).extracting(List::getFirst).containsOnly("root");
    assertThat(rows).extracting(List::getLast).anyMatch(command -> command.startsWith("sh -c"));
    Stats stats = instance.stats();
    assertThat(stats.memoryLimitBytes()).isEqualTo(64L << 20);
    assertThat(stats.memoryBytes()).isBetween(1L, 64L << 20);
    assertThat(stats.pids()).isEqualTo(2);
  }

  @Test
  void usersAreThoseOfTheInstanceAsItIs() throws Exception {
    Instance instance = run(shell("sleep 1000"));
    assertThat(printed(instance, "adduser -D -u 4321 newcomer && addgroup newcomer games"))
        .isEmpty();
    Exec exec = instance.exec(asNewcomer("sh", "-c", "id -u; id -G; echo $HOME"));
    try (Attachment output = exec.start()) {
      assertThat(TestEngine.read(output)).isEqualTo("4321\n4321 35\n/home/newcomer\n");
    }
    instance.exec(asNewcomer("sleep", "1000")).startDetached();
    assertThat(instance.processes(List.of("-ef")).rows())
        .extracting(List::getFirst)
        .containsExactlyInAnyOrder("root", "newcomer");
  }

  private static ExecSpec asNewcomer(String... command) {
    return new ExecSpec(
        List.of(command),
        List.of(),
        Optional.empty(),
        Optional.of("newcomer"),
        false,
        Streams.OUTPUT_ONLY,
        0,
        0);
  }

  @Test
  void showsItsFilesWhetherItRunsOrNot() throws Exception {
    Instance instance =
        run(
            shell("echo seed > /etc/seed; rm /etc/motd; echo ready; read line")
                .streams(new Streams(false, true, false)));
    TestEngine.awaitLine(instance, "ready");
    assertThat(instance.fileStat("/bin/sh").linkTarget()).isEqualTo("/bin/busybox");
    byte[] seed = copied(instance, "/etc/seed");
    assertThat(new String(seed, UTF_8)).contains("seed\n");
    instance.copyIn("/etc", new ByteArrayInputStream(seed), true, true);
    List<Change> changes =
        List.of(
            new Change(Change.Kind.MODIFIED, "/etc"),
            new Change(Change.Kind.DELETED, "/etc/motd"),
            new Change(Change.Kind.ADDED, "/etc/seed"));
    assertThat(instance.changes()).containsExactlyElementsOf(changes);
    Image image = instance.commit(Optional.empty(), "me", "with a seed", List.of(), false);
    assertThat(image.layers()).hasSize(2);
    instance.kill("KILL");
    ended(instance);

    instance.copyIn("/tmp", new ByteArrayInputStream(seed), true, true);
    assertThat(instance.changes())
        .containsAll(changes)
        .contains(new Change(Change.Kind.ADDED, "/tmp/seed"));
    ByteArrayOutputStream root = new ByteArrayOutputStream();
    instance.export(root);
    assertThat(names(root.toByteArray())).contains("tmp/seed").doesNotContain("etc/motd");

    instance.start();
    try (Attachment output = instance.exec(ExecSpec.of("cat", "/tmp/seed")).start()) {
      assertThat(TestEngine.read(output)).isEqualTo("seed\n");
    }
  }

  private static byte[] copied(Instance instance, String path) throws Exception {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    instance.copyOut(path, tar);
    return tar.toByteArray();
  }

  private static List<String> names(byte[] tar) throws Exception {
    List<String> names = new ArrayList<>();
    TarReader reader = new TarReader(new ByteArrayInputStream(tar), TarLimits.DEFAULT);
    for (var entry = reader.next(); entry.isPresent(); entry = reader.next()) {
      names.add(entry.get().name());
    }
    return names;
  }

  @Test
  void anImageWithoutLayersHoldsWhatIsCopiedIntoIt() throws Exception {
    byte[] archive =
        TarOf.files(
            Map.of(
                "manifest.json",
                "[{\"Config\":\"c.json\",\"RepoTags\":[\"nothing:latest\"],\"Layers\":[]}]"
                    .getBytes(UTF_8),
                "c.json",
                ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},"
                        + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}")
                    .getBytes(UTF_8)));
    engine.images().load(new ByteArrayInputStream(archive), Progress.NONE);
    Instance instance =
        engine.create(program("/busybox", "echo", "alone").image("nothing:latest").build());
    assertThatThrownBy(instance::start)
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.COMMAND_NOT_FOUND));

    byte[] program = TarOf.file("busybox", Path.of("/bin/busybox"));
    instance.copyIn("/", new ByteArrayInputStream(program), false, false);
    instance.start();

    assertThat(ended(instance).exitCode()).isZero();
    assertThat(TestEngine.log(instance)).isEqualTo("alone\n");
  }
}
