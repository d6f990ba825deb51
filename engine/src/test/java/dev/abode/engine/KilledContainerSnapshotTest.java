package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.criu.Criu;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.DoomedEngine;
import dev.abode.engine.testing.DoomedEngine.Moment;
import dev.abode.engine.testing.EngineCase;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** As {@link KilledSnapshotTest}, of containers, whose processes criu saves and makes again. */
@Tag("slow")
class KilledContainerSnapshotTest extends EngineCase {
  /** Counts in memory that is none of its files. */
  private static final String COUNTER =
      "echo saved > /state; while :; do echo >> /dev/shm/count; sleep 0.05; done";

  private Instance instance;
  private Path folder;
  private Path run;

  @BeforeEach
  void begin() throws Exception {
    begin(new NetworkMode.Unspecified());
  }

  private void begin(NetworkMode network) throws Exception {
    instance = run(shell(COUNTER).network(network));
    folder = instance.info().folder();
    run = engine.options().run().resolve(instance.id().substring(0, 16));
    awaitMore(0);
  }

  private void save() throws Exception {
    assertThat(instance.snapshot(Optional.of("good")).running()).isTrue();
    assertThat(printed(instance, "echo later > /state; echo ok")).isEqualTo("ok\n");
  }

  private void reopen() throws Exception {
    engine = test.reopen();
    instance = engine.instance(instance.id());
  }

  private void kill(Moment moment) throws Exception {
    engine.close();
    DoomedEngine.kill(moment, test.root(), instance, "restore", "good");
    reopen();
  }

  private int count() throws Exception {
    return Integer.parseInt(printed(instance, "cat /dev/shm/count 2>/dev/null | wc -l").strip());
  }

  private void awaitMore(int than) throws Exception {
    Eventually.until("the workload goes on counting", () -> count() > than);
  }

  private static String said(Path log) throws IOException {
    return Files.exists(log) ? Files.readString(log) : "nothing";
  }

  private void assertNothingIsHalfMade() throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains("upper")
          .noneMatch(name -> name.endsWith(".new") || name.endsWith(".old"));
    }
  }

  private void assertItCanBeBroughtBack() throws Exception {
    instance.restore(Optional.of("good"));
    awaitMore(count());
    assertThat(printed(instance, "cat /state; echo later > /state")).isEqualTo("saved\n");
    assertThat(folder.resolve("base")).doesNotExist();
  }

  @Test
  void itsFilesAreThoseOfBeforeOrOfTheMoment() throws Exception {
    instance.kill("KILL");
    instance.await(WaitCondition.NOT_RUNNING);
    instance.snapshot(Optional.of("good"));
    Files.writeString(folder.resolve("upper/state"), "later\n");

    kill(Moment.exchange(folder));
    assertNothingIsHalfMade();
    assertThat(folder.resolve("upper/state")).hasContent("later");

    kill(Moment.remove(folder.resolve("upper.new")));
    assertNothingIsHalfMade();
    assertThat(folder.resolve("upper/state")).hasContent("saved");
  }

  @Test
  void itsProcessesAreThereOrCanBeBroughtBackOnceMore() throws Exception {
    Assumptions.assumeTrue(new Criu().find().isPresent(), "no criu works here");
    for (NetworkMode network : List.of(new NetworkMode.None(), new NetworkMode.Unspecified())) {
      begin(network);
      save();
      for (Moment moment :
          List.of(
              // The files are back; the next start would take the processes up.
              Moment.rename(folder.resolve("next")), Moment.open(folder.resolve("base"), 1))) {
        kill(moment);

        assertThat(instance.info().state().status())
            .as("%s", moment)
            .isEqualTo(InstanceStatus.EXITED);
        assertNothingIsHalfMade();
        assertItCanBeBroughtBack();
      }

      // criu has begun. (What traces it would stand in the way of its own tracing.) The last one
      // has left what it said.
      engine.close();
      Files.delete(run.resolve("restore.log"));
      DoomedEngine.endWith(run.resolve("restore.log"), test.root(), instance, "restore", "good");
      reopen();
      // In a network it waits for the engine, which does not come; that is the end of it, unless it
      // had come already.
      if (network instanceof NetworkMode.None) {
        assertThat(instance.info().state().status())
            .as("%s; criu said: %s", instance.info().state(), said(run.resolve("restore.log")))
            .isEqualTo(InstanceStatus.RUNNING);
      }
      if (instance.info().state().status() == InstanceStatus.RUNNING) {
        awaitMore(count());
      }
      assertNothingIsHalfMade();
      assertItCanBeBroughtBack();
      instance.remove(true, false);
    }
  }
}
