package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.SnapshotInfo;
import dev.abode.engine.testing.DoomedEngine;
import dev.abode.engine.testing.DoomedEngine.Moment;
import dev.abode.engine.testing.MachineCase;
import dev.abode.linux.SparseFile;
import dev.abode.linux.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Engines that are killed at chosen moments while they save a machine, bring one back, or make
 * another one of it, and the engines that come after them. Each moment is the last before a system
 * call, so that it is the same in every run.
 */
class KilledSnapshotTest extends MachineCase {
  /** Counts in memory; the disk says whether it is the one of the snapshot. */
  private static final String COUNTER =
      "echo saved > /state; sync; while :; do echo >> /dev/shm/count; sleep 0.05; done";

  private Instance instance;
  private Path folder;

  @Override
  protected Limits limits() {
    return SMALL;
  }

  @BeforeEach
  void saveOne() throws Exception {
    instance = run(shell(COUNTER));
    folder = instance.info().folder();
    awaitMore(0);
    instance.snapshot(Optional.of("good"));
    assertThat(printed(instance, "echo later > /state; sync; echo ok")).isEqualTo("ok\n");
  }

  private void kill(String verb, String snapshot, Moment moment) throws Exception {
    engine.close();
    DoomedEngine.kill(moment, test.root(), instance, verb, snapshot);
    engine = test.reopen();
    instance = engine.instance(instance.id());
  }

  private int count() throws Exception {
    return Integer.parseInt(printed(instance, "cat /dev/shm/count 2>/dev/null | wc -l").strip());
  }

  private void awaitMore(int than) throws Exception {
    Eventually.until("the workload goes on counting", () -> count() > than);
  }

  private static List<String> names(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private void assertNothingIsHalfMade() throws Exception {
    assertThat(instance.snapshots()).extracting(SnapshotInfo::name).containsExactly("good");
    assertThat(names(folder.resolve("snapshots"))).containsExactly("good");
    assertThat(names(folder)).noneMatch(name -> name.endsWith(".new"));
    Path overwritten = folder.resolve("disk.overwritten");
    Eventually.until(
        "nothing that was overwritten is kept any more",
        () -> SparseFile.extents(overwritten).isEmpty());
    assertThat(engine.instances()).hasSize(1);
  }

  @Test
  void theMachineGoesOnWheneverAnEngineDiesThatSavesIt() throws Exception {
    Path unfinished = folder.resolve("snapshots/.new-doomed");
    Path hypervisor = Path.of("/proc/" + instance.info().state().pid());
    Path disk = folder.resolve("disk");
    for (Moment moment :
        List.of(
            // Nothing has happened yet.
            Moment.open(unfinished.resolve("disk"), 1),
            // The guest stands still, and the state of its devices has been taken.
            Moment.open(hypervisor.resolve("pagemap"), 2),
            // It still does, and from now on what it overwrites is kept.
            Moment.open(disk, 3),
            // It goes on while its disk is copied.
            Moment.open(disk, 5),
            // What was overwritten is put where it belongs.
            Moment.open(folder.resolve("disk.overwritten"), 2),
            // The disk is complete, the memory is not.
            Moment.open(unfinished.resolve("memory.1"), 1),
            // All is complete, but has not its name.
            Moment.rename(unfinished))) {
      int before = count();

      kill("create", "doomed", moment);

      assertThat(instance.info().state().status())
          .as("%s", moment)
          .isEqualTo(InstanceStatus.RUNNING);
      awaitMore(before);
      assertNothingIsHalfMade();
      // Nothing stands in the way of the next one.
      instance.snapshot(Optional.of("next"));
      instance.removeSnapshot("next");
    }
    instance.restore(Optional.of("good"));
    assertThat(printed(instance, "cat /state")).isEqualTo("saved\n");
  }

  @Test
  void whatIsBroughtBackIsThereOrCanBeBroughtBackOnceMore() throws Exception {
    for (Moment moment :
        List.of(
            Moment.open(folder.resolve("disk.new"), 1),
            Moment.rename(folder.resolve("disk.new")),
            // The disk is back; the memory would be taken up by the next start.
            Moment.rename(folder.resolve("next")))) {
      kill("restore", "good", moment);

      assertThat(instance.info().state().status())
          .as("%s", moment)
          .isEqualTo(InstanceStatus.EXITED);
      assertNothingIsHalfMade();
      instance.restore(Optional.of("good"));
      awaitMore(0);
      assertThat(printed(instance, "cat /state; echo later > /state; sync")).isEqualTo("saved\n");
    }

    // It runs, and its workload waits for being told so.
    kill("restore", "good", Moment.remove(folder.resolve("base/devices")));

    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
    awaitMore(count());
    assertThat(printed(instance, "cat /state")).isEqualTo("saved\n");
    assertNothingIsHalfMade();
  }

  @Test
  void aCloneIsThereOrNot() throws Exception {
    int before = count();
    kill("clone", "good", Moment.open(folder.resolve("snapshots/good/disk"), 2));

    assertNothingIsHalfMade();
    awaitMore(before);
    Instance second = instance.cloneFrom(Optional.of("good"), Optional.of("second"));
    assertThat(printed(second, "cat /state")).isEqualTo("saved\n");
  }
}
