package dev.abode.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.Change;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.LimitsOf;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.instance.Streams;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.MachineCase;
import dev.abode.engine.testing.TestEngine;
import dev.abode.image.Image;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The life of virtual machines, with a real hypervisor and a real image. */
@Timeout(180)
class MachineLifeTest extends MachineCase {
  private static final LogQuery FOLLOW =
      new LogQuery(true, true, -1, Optional.empty(), Optional.empty(), true);
  private static final Security PRIVILEGED =
      new Security(
          true,
          List.of(),
          List.of(),
          false,
          new Security.SeccompChoice.Default(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          List.of(),
          Map.of());

  @Test
  void aWorkloadRunsOnAKernelOfItsOwn() throws Exception {
    Instance instance =
        run(shell("uname -r; cat /etc/hostname; id -u; echo err >&2; exit 3").hostname("house"));

    InstanceState state = instance.await(WaitCondition.NOT_RUNNING);

    assertThat(state.exitCode()).isEqualTo(3);
    assertThat(state.status()).isEqualTo(InstanceStatus.EXITED);
    assertThat(state.error()).isEmpty();
    assertThat(TestEngine.log(instance))
        .contains("-cloud-amd64\nhouse\n0\n")
        .contains("err\n")
        .doesNotContain(Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
  }

  @Test
  void execStreamsStopAndWhatWasWrittenStay() throws Exception {
    Instance instance =
        run(
            shell(
                "trap 'echo bye; exit 7' TERM; [ -e /state ] || echo up > /state; while :; do sleep 0.1; done"));
    Exec exec = instance.exec(ExecSpec.of("sh", "-c", "cat /state; echo more >> /state; exit 5"));
    try (Attachment output = exec.start()) {
      assertThat(TestEngine.read(output)).isEqualTo("up\n");
    }
    assertThat(exec.await()).isEqualTo(5);

    assertThat(instance.stop(Optional.of(Duration.ofSeconds(10)), Optional.empty())).isTrue();

    assertThat(instance.info().state().exitCode()).isEqualTo(7);
    assertThat(TestEngine.log(instance)).contains("bye");
    instance.start();
    Exec again = instance.exec(ExecSpec.of("sed", "-n", "$p", "/state"));
    try (Attachment output = again.start()) {
      assertThat(TestEngine.read(output)).isEqualTo("more\n");
    }
    instance.kill("KILL");
    assertThat(instance.await(WaitCondition.NOT_RUNNING).exitCode()).isEqualTo(137);
  }

  @Test
  void itsFilesAreReachedWhetherItRunsOrNot() throws Exception {
    Instance instance =
        run(
            shell("echo seed > /etc/seed; rm /etc/motd; echo ready; read line")
                .streams(new Streams(false, true, false)));
    try (LogStream log = instance.logs(FOLLOW)) {
      assertThat(log.next()).isPresent();
    }
    assertThat(instance.fileStat("/bin/sh").linkTarget()).isEqualTo("/bin/busybox");
    assertThat(copiedOut(instance, "/etc/seed")).contains("seed\n");
    instance.copyIn("/etc", new ByteArrayInputStream(copied(instance, "/etc/seed")), true, true);
    List<Change> changes =
        List.of(
            new Change(Change.Kind.MODIFIED, "/etc"),
            new Change(Change.Kind.DELETED, "/etc/motd"),
            new Change(Change.Kind.ADDED, "/etc/seed"));
    assertThat(instance.changes()).containsExactlyElementsOf(changes);
    instance.kill("KILL");
    instance.await(WaitCondition.NOT_RUNNING);

    assertThat(copiedOut(instance, "/etc/seed")).contains("seed\n");
    instance.copyIn("/tmp", new ByteArrayInputStream(copied(instance, "/etc/seed")), true, true);
    assertThat(instance.changes())
        .containsAll(changes)
        .contains(new Change(Change.Kind.ADDED, "/tmp/seed"));
    Image image = instance.commit(Optional.empty(), "me", "with a seed", List.of(), true);
    assertThat(image.layers()).hasSize(2);
    ByteArrayOutputStream root = new ByteArrayOutputStream();
    instance.export(root);
    assertThat(root.size()).isGreaterThan(1 << 20);

    instance.start();
    Exec exec = instance.exec(ExecSpec.of("cat", "/tmp/seed"));
    try (Attachment output = exec.start()) {
      assertThat(TestEngine.read(output)).isEqualTo("seed\n");
    }
  }

  private static byte[] copied(Instance instance, String path) throws Exception {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    instance.copyOut(path, tar);
    return tar.toByteArray();
  }

  private static String copiedOut(Instance instance, String path) throws Exception {
    return new String(copied(instance, path), UTF_8);
  }

  @Test
  void itsMemoryAndProcessesAreTheGuests() throws Exception {
    Instance instance =
        run(
            shell("sleep 1000 & echo ready; read line")
                .streams(new Streams(false, true, false))
                .limits(LimitsOf.memory(64L << 20)));
    try (LogStream log = instance.logs(FOLLOW)) {
      assertThat(log.next()).isPresent();
    }

    List<List<String>> rows = instance.processes(List.of()).rows();
    assertThat(rows).hasSize(2).extracting(List::getFirst).containsOnly("root");
    assertThat(rows).extracting(List::getLast).anyMatch(command -> command.startsWith("sh -c"));
    Stats stats = instance.stats();
    assertThat(stats.memoryLimitBytes()).isEqualTo(64L << 20);
    assertThat(stats.memoryBytes()).isBetween(1L, 64L << 20);
    assertThat(stats.pids()).isEqualTo(2);
  }

  @Test
  void aMemoryHogHarmsOnlyItself() throws Exception {
    Instance instance =
        run(
            shell("exec dd if=/dev/zero of=/dev/shm/hog bs=1M count=60")
                .limits(LimitsOf.memory(32L << 20)));

    InstanceState state = instance.await(WaitCondition.NOT_RUNNING);

    assertThat(state.oomKilled()).isTrue();
    assertThat(state.exitCode()).isEqualTo(137);
    assertThat(state.error()).isEmpty();
  }

  @Test
  void aPausedMachineStandsStill() throws Exception {
    Instance instance = run(shell("while :; do echo tick; sleep 0.05; done"));
    instance.pause();
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.PAUSED);
    instance.unpause();
    instance.kill("KILL");
    assertThat(instance.await(WaitCondition.NOT_RUNNING).exitCode()).isEqualTo(137);
  }

  @Test
  void aNewEngineFindsTheMachineRunning() throws Exception {
    Instance instance =
        run(
            shell("echo begun; read line; echo got $line")
                .streams(new Streams(false, true, false)));
    engine = test.reopen();
    Instance adopted = engine.instance(instance.id());
    assertThat(adopted.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
    try (Attachment attachment = adopted.attach(true, true, true)) {
      attachment.write(ByteBuffer.wrap("hello\n".getBytes(UTF_8)));
      assertThat(TestEngine.read(attachment)).contains("got hello");
    }
    assertThat(adopted.await(WaitCondition.NOT_RUNNING).exitCode()).isZero();
  }

  @Test
  void aPanicIsReportedForWhatItIs() throws Exception {
    Instance instance =
        run(
            shell("echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger; sleep 100")
                .security(PRIVILEGED));
    InstanceState state = instance.await(WaitCondition.NOT_RUNNING);
    assertThat(state.error()).contains("Kernel panic");
  }
}
