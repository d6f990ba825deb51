package dev.abode.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.SecurityOf;
import dev.abode.engine.instance.SnapshotInfo;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.machine.Monitor;
import dev.abode.engine.testing.MachineCase;
import dev.abode.engine.testing.OtherMachine;
import dev.abode.engine.testing.TestEngine;
import dev.abode.linux.SparseFile;
import dev.abode.linux.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Snapshots, going back to them, and clones, with a real hypervisor and real containers. */
class SnapshotsTest extends MachineCase {
  /**
   * Appends numbered lines, each with the digest of all before it, and keeps the last number in
   * memory as well: disk and memory of a snapshot must be of one moment.
   */
  private static final String WRITER =
      "i=0; sum=none; while :; do i=$((i+1));"
          + " sum=$(echo $sum $i | md5sum | cut -c1-32); echo $i $sum >> /written;"
          + " echo $i >> /dev/shm/counted; done";

  /**
   * How far {@link #WRITER} is. It appends rather than overwrites: a file that is being overwritten
   * is empty for a moment, and a reader may come in that moment.
   */
  private static final String LAST = "tail -n 1 /dev/shm/counted";

  /** What {@link #WRITER} must have written, in a copy of all lines that are surely whole. */
  private static final String CHECK =
      "i=0; sum=none; while read n s; do i=$((i+1)); sum=$(echo $sum $i | md5sum | cut -c1-32);"
          + " [ \"$n $s\" = \"$i $sum\" ] || { echo broken at $i; exit 1; }; done < /whole;"
          + " echo whole";

  @Override
  protected Limits limits() {
    return SMALL;
  }

  private Instance machine(String line) throws Exception {
    return run(shell(line));
  }

  private static String exec(Instance instance, String line) throws Exception {
    return TestEngine.read(instance.exec(ExecSpec.of("sh", "-c", line)).start()).strip();
  }

  private static void awaitLast(Instance instance, int least) throws Exception {
    // Only the guest knows how far its writer has come; each look is a process of its own.
    exec(
        instance,
        "until [ \"$("
            + LAST
            + " 2>/dev/null || echo 0)\" -ge "
            + least
            + " ]; do sleep 0.1; done");
  }

  /** How many parts, of a MiB each, {@link #OVERWRITER} writes to. */
  private static final int PARTS = 24;

  /**
   * Fills a file, and then overwrites parts of it at random with an ever new number, each on the
   * disk before it is noted in memory. What is random is so again after a restore.
   */
  private static final String OVERWRITER =
      "part() { yes $(printf %015d $1) | dd of=$2 bs=1M count=1 seek=$3 iflag=fullblock"
          + " conv=notrunc,fsync 2>/dev/null; }; part 0 /seed 0;"
          // Something to copy, so that there is time to overwrite.
          + " i=0; while [ $i -lt PARTS ]; do cat /seed; i=$((i+1)); done > /big;"
          + " cat /big /big /big /big /big > /more; sync; echo filled; n=0;"
          + " while [ ! -e /dev/shm/stop ]; do n=$((n+1));"
          + " i=$(($(od -An -N2 -tu2 /dev/urandom) % PARTS)); part $n /big $i;"
          + " echo $i $n >> /dev/shm/places; done; touch /dev/shm/over; exec sleep 1000";

  /** The digest of each part as it is on the disk. */
  private static final String DIGESTS =
      "sync; echo 3 > /proc/sys/vm/drop_caches; i=0; while [ $i -lt PARTS ]; do"
          + " dd if=/big bs=1M skip=$i count=1 2>/dev/null | md5sum | cut -c1-32; i=$((i+1)); done";

  @Test
  void whatIsOverwrittenWhileTheDiskIsCopiedIsSavedAsItWas() throws Exception {
    Instance instance =
        run(
            shell(OVERWRITER.replace("PARTS", Integer.toString(PARTS)))
                .security(SecurityOf.privileged()));
    TestEngine.awaitLine(instance, "filled");
    exec(instance, "until [ \"$(wc -l < /dev/shm/places)\" -ge 3 ]; do sleep 0.1; done");
    for (String name : List.of("one", "two")) {
      assertThat(instance.snapshot(Optional.of(name)).running()).isTrue();
    }
    // What was kept meanwhile is of no use any more.
    Path disk = instance.info().folder().resolve("disk");
    assertThat(SparseFile.extents(disk.resolveSibling("disk.overwritten"))).isEmpty();
    assertThat(Files.size(disk.resolveSibling("snapshots/one/disk"))).isEqualTo(Files.size(disk));

    for (String name : List.of("one", "two")) {
      instance.restore(Optional.of(name));
      exec(instance, "touch /dev/shm/stop; until [ -e /dev/shm/over ]; do sleep 0.1; done");
      int[] numbers = new int[PARTS];
      for (String place : exec(instance, "cat /dev/shm/places").lines().toList()) {
        int space = place.indexOf(' ');
        numbers[Integer.parseInt(place.substring(0, space))] =
            Integer.parseInt(place.substring(space + 1));
      }
      List<String> expected = new ArrayList<>();
      for (int number : numbers) {
        byte[] part = "%015d\n".formatted(number).repeat(1 << 16).getBytes(US_ASCII);
        expected.add(HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(part)));
      }
      assertThat(exec(instance, DIGESTS.replace("PARTS", Integer.toString(PARTS))).lines())
          .containsExactlyElementsOf(expected);
    }
  }

  @Test
  void withoutRoomForWhatIsOverwrittenThereIsNoSnapshotAndTheMachineGoesOn() throws Exception {
    Instance instance =
        engine.create(shell(OVERWRITER.replace("PARTS", Integer.toString(PARTS))).build());
    // A file system with less room than one part of what is overwritten takes.
    Path small = Files.createTempDirectory("abode-small");
    Path image = Files.createTempFile("abode-small", "");
    Path overwritten = instance.info().folder().resolve("disk.overwritten");
    Files.createFile(overwritten);
    try {
      OtherMachine.host("mke2fs", "-qFt", "ext4", "-O", "^has_journal", image.toString(), "512k");
      OtherMachine.host("mount", "-o", "loop", image.toString(), small.toString());
      Path file = Files.createFile(small.resolve("file"));
      OtherMachine.host("mount", "--bind", file.toString(), overwritten.toString());
      instance.start();
      TestEngine.awaitLine(instance, "filled");

      AtomicReference<Throwable> refused = new AtomicReference<>();
      Eventually.until(
          "the guest overwrites something while its disk is copied",
          () -> {
            Throwable failure =
                catchThrowable(() -> instance.snapshot(Optional.of("at-" + System.nanoTime())));
            refused.set(failure);
            return failure != null;
          });
      assertThat(refused.get())
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("what was overwritten could not be kept in " + overwritten);
      // Its writer writes, and the next snapshot finds everything as this one did.
      String written = exec(instance, "wc -l < /dev/shm/places");
      exec(
          instance, "until [ $(wc -l < /dev/shm/places) -gt " + written + " ]; do sleep 0.1; done");
      try (Stream<Path> left = Files.list(instance.info().folder().resolve("snapshots"))) {
        assertThat(left.map(folder -> folder.getFileName().toString()))
            .containsExactlyInAnyOrderElementsOf(instance.snapshotNames());
      }
      exec(instance, "touch /dev/shm/stop; until [ -e /dev/shm/over ]; do sleep 0.1; done");
      instance.snapshot(Optional.of("at-rest"));
      instance.restore(Optional.of("at-rest"));
      assertThat(exec(instance, "ls /dev/shm/over")).isEqualTo("/dev/shm/over");
    } finally {
      // In the hypervisor's own mounts they stay.
      OtherMachine.host("umount", overwritten.toString());
      OtherMachine.host("umount", small.toString());
      Files.delete(small);
      Files.delete(image);
    }
  }

  @Test
  void aSnapshotUnderLoadIsOfOneMoment() throws Exception {
    Instance instance = machine(WRITER);
    awaitLast(instance, 3);

    SnapshotInfo taken = instance.snapshot(Optional.of("moment"));
    int soon = Integer.parseInt(exec(instance, LAST));
    awaitLast(instance, soon + 3);

    assertThat(taken.running()).isTrue();
    assertThat(taken.stoodStill()).isPositive();
    // What it has of the template is the template's.
    assertThat(taken.ownBytes()).isPositive().isLessThan(taken.sizeBytes());

    for (int i = 0; i < 2; i++) {
      instance.restore(Optional.of("moment"));
      // The writer goes on at once, from what it has in memory. Had its disk been saved at another
      // moment, a number or a digest would not follow from the one before it.
      List<String> lines =
          exec(
                  instance,
                  LAST
                      + "; head -n -1 /written > /whole; tail -n 1 /written | cut -d' ' -f1; "
                      + LAST
                      + "; "
                      + CHECK)
              .lines()
              .toList();
      assertThat(Integer.parseInt(lines.get(1)))
          .isBetween(Integer.parseInt(lines.get(0)), Integer.parseInt(lines.get(2)) + 1);
      assertThat(lines.get(3)).isEqualTo("whole");
    }
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
    assertThat(instance.snapshots()).extracting(SnapshotInfo::name).containsExactly("moment");
  }

  @Test
  void restoreGivesExactlyTheStateOfTheMoment() throws Exception {
    Instance instance = machine("echo before > /disk-state; echo written; sleep 1000");
    TestEngine.awaitLine(instance, "written");
    exec(instance, "echo memory > /dev/shm/state; sync");
    instance.snapshot(Optional.of("one"));
    exec(instance, "echo other > /dev/shm/state; echo other > /disk-state; sync");

    instance.restore(Optional.empty());

    assertThat(exec(instance, "cat /dev/shm/state /disk-state")).isEqualTo("memory\nbefore");
    // A snapshot of what was restored holds only what was written since.
    SnapshotInfo second = instance.snapshot(Optional.of("two"));
    exec(instance, "rm /dev/shm/state");
    instance.removeSnapshot("one");
    instance.restore(Optional.of("two"));
    assertThat(exec(instance, "cat /dev/shm/state")).isEqualTo("memory");
    assertThat(second.ownBytes()).isLessThan(second.sizeBytes());
  }

  @Test
  void tenClonesRunAtOnceAndDiffer() throws Exception {
    Instance origin =
        machine(
            "echo 0123456789abcdef0123456789abcdef > /etc/machine-id; echo ready;"
                + " while [ ! -e /dev/shm/go ]; do sleep 0.1; done;"
                + " hostname; cat /etc/hostname /etc/machine-id;"
                + " head -c 16 /dev/urandom | md5sum; cat /proc/sys/kernel/random/uuid;"
                + " sleep 600");
    TestEngine.awaitLines(origin, 1);
    origin.snapshot(Optional.of("base"));

    List<Callable<Instance>> making = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      String name = "clone-" + i;
      making.add(() -> origin.cloneFrom(Optional.of("base"), Optional.of(name)));
    }
    List<Instance> clones = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Instance> clone : threads.invokeAll(making)) {
        clones.add(clone.get());
      }
    }
    Set<String> names = new HashSet<>();
    Set<String> machines = new HashSet<>();
    Set<String> random = new HashSet<>();
    for (Instance clone : clones) {
      long before = System.currentTimeMillis() / 1000;
      long there = Long.parseLong(exec(clone, "touch /dev/shm/go; date +%s"));
      // The guest was told the time some moment before.
      assertThat(there).isBetween(before - 60, System.currentTimeMillis() / 1000 + 2);
      List<String> said = TestEngine.awaitLines(clone, 5);
      assertThat(said.get(0)).isEqualTo(clone.id().substring(0, 12));
      assertThat(said.get(1)).isEqualTo(clone.id().substring(0, 12));
      names.add(said.get(0));
      machines.add(said.get(2));
      random.add(said.get(3));
      random.add(said.get(4));
    }
    assertThat(names).hasSize(10);
    assertThat(machines).hasSize(10).doesNotContain("0123456789abcdef0123456789abcdef");
    assertThat(random).hasSize(20);
    assertThat(origin.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
  }

  @Test
  void anEngineThatDiedWhileItSavedLeavesAMachineThatGoesOn() throws Exception {
    Instance instance = machine("sleep 600");
    Path unfinished = instance.info().folder().resolve("snapshots/.new-x");
    Files.createDirectories(unfinished);
    try (Monitor monitor = Monitor.open(instance.info().state().pid())) {
      monitor.stop();
    }

    engine = test.reopen();

    Instance adopted = engine.instance(instance.id());
    assertThat(exec(adopted, "echo on")).isEqualTo("on");
    assertThat(adopted.snapshots()).isEmpty();
    assertThat(unfinished).doesNotExist();
  }

  @Test
  void aContainerIsSavedWhenItIsStopped() throws Exception {
    Instance container =
        engine.create(
            InstanceSpec.builder(alpine)
                .command(List.of("sh", "-c", "cat /state; echo new > /state; rm /etc/motd"))
                .build());
    container.start();
    container.await(WaitCondition.NOT_RUNNING);
    container.snapshot(Optional.of("ran"));
    container.start();
    container.await(WaitCondition.NOT_RUNNING);

    container.restore(Optional.of("ran"));
    assertThat(container.info().state().status()).isEqualTo(InstanceStatus.EXITED);
    assertThat(container.changes().toString()).contains("/state").contains("/etc/motd");

    Instance clone = container.cloneFrom(Optional.of("ran"), Optional.of("second"));
    clone.await(WaitCondition.NOT_RUNNING);
    assertThat(TestEngine.log(clone)).startsWith("new\n");
  }

  @Test
  void whatCannotBeSavedIsRefusedWithASentence() throws Exception {
    Instance container =
        engine.create(
            InstanceSpec.builder(alpine)
                .name("flat")
                .command(List.of("sleep", "600"))
                .network(new NetworkMode.Host())
                .build());
    container.start();
    assertThatThrownBy(() -> container.snapshot(Optional.empty()))
        .isInstanceOf(EngineException.class)
        .hasMessage(
            "the processes of flat cannot be saved: it is privileged, or shares a namespace with the"
                + " host or with another container; stop it first, so that its files can");
    assertThat(container.snapshots()).isEmpty();
    assertThatThrownBy(() -> container.restore(Optional.of("none")))
        .hasMessageContaining("flat has no snapshot none");
    assertThatThrownBy(() -> container.snapshot(Optional.of("../x")))
        .hasMessageContaining("no name of a snapshot");
  }
}
