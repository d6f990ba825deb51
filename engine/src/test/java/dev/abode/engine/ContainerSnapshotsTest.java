package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.criu.Criu;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.SecurityOf;
import dev.abode.engine.instance.SnapshotInfo;
import dev.abode.engine.instance.Streams;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.EngineCase;
import dev.abode.engine.testing.TestEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Snapshots of containers while they run, with a real criu. */
@Tag("slow")
class ContainerSnapshotsTest extends EngineCase {
  /** Writes the same numbers to its log, to its files and to a volume. */
  private static final String COUNTER =
      "i=0; while :; do i=$((i+1)); echo $i >> /counted; echo $i >> /data/counted; echo $i;"
          + " usleep 50000; done";

  /** Prints nothing when no number is missing, and none is there twice. */
  private static final String CHECK =
      "awk 'NR != $1 { print FILENAME, \"broken at\", NR, $1; exit }' ";

  @BeforeEach
  void needsCriu() throws Exception {
    // Not every kernel can do it, and ./verify says so; the refusal is for SnapshotsTest.
    Criu criu = new Criu();
    Assumptions.assumeTrue(criu.find().isPresent(), "no criu works here");
  }

  private InstanceSpecBuilder counter() {
    return shell(COUNTER)
        .mounts(
            List.of(
                new MountSpec.Volume(Optional.of("data"), "/data", false, true, Optional.empty())));
  }

  @Test
  void goesOnFromTheMomentWithFilesVolumesAndMemory() throws Exception {
    Instance instance = run(counter().name("counter"));
    TestEngine.awaitLines(instance, 3);
    SnapshotInfo taken = instance.snapshot(Optional.of("before"));
    assertThat(taken.running()).isTrue();
    int present = TestEngine.log(instance).lines().toList().size();
    TestEngine.awaitLines(instance, present + 5);
    printed(instance, "touch /after");

    instance.restore(Optional.of("before"));

    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
    assertThat(printed(instance, "ls /after 2>&1")).contains("No such file");
    TestEngine.awaitLines(instance, TestEngine.log(instance).lines().toList().size() + 5);
    assertThat(printed(instance, CHECK + "/counted; " + CHECK + "/data/counted")).isEmpty();
    assertThat(instance.processes(List.of()).rows()).isNotEmpty();
    instance.kill("KILL");
    assertThat(instance.await(WaitCondition.NOT_RUNNING).exitCode()).isEqualTo(137);
    instance.start();
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
    assertThat(instance.info().folder().resolve("next")).doesNotExist();
    assertThat(instance.info().folder().resolve("base")).doesNotExist();
  }

  @Test
  void keepsEveryWall() throws Exception {
    Limits limits =
        Limits.builder()
            .memoryBytes(64 << 20)
            .pids(9)
            .oomScoreAdj(300)
            .ulimits(List.of(new Limits.Ulimit("nofile", 100, 200)))
            .build();
    Instance instance =
        run(
            shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done")
                .user("1000:1000")
                .limits(limits)
                .readOnlyRootfs(true)
                .hostname("walled"));
    TestEngine.awaitLine(instance, "ready");
    String before = walls(instance);

    instance.snapshot(Optional.of("s"));
    instance.restore(Optional.of("s"));

    assertThat(walls(instance)).isEqualTo(before);
    assertThat(instance.stats().pidsLimit()).hasValue(9);
    engine = test.reopen();
    Instance adopted = engine.instance(instance.id());
    assertThat(adopted.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
    adopted.kill("TERM");
    assertThat(adopted.await(WaitCondition.NOT_RUNNING).exitCode()).isEqualTo(7);
    assertThat(TestEngine.log(adopted)).isEqualTo("ready\nbye\n");
  }

  /** What the kernel says of an instance's first process, host ids counted from its own first. */
  private static String walls(Instance instance) throws Exception {
    Path process = Path.of("/proc", Integer.toString(instance.info().state().pid()));
    String first = Files.readString(process.resolve("uid_map")).strip().split("\\s+", -1)[1];
    StringBuilder walls = new StringBuilder();
    Files.readAllLines(process.resolve("status")).stream()
        .filter(line -> line.matches("(Cap|Seccomp|NoNewPrivs|Shd|SigIgn|SigCgt|Umask).*"))
        .forEach(line -> walls.append(line).append('\n'));
    walls.append(Files.readString(process.resolve("cgroup")));
    walls.append(Files.readString(process.resolve("limits")));
    walls.append(Files.readString(process.resolve("oom_score_adj")));
    Files.readAllLines(process.resolve("mountinfo")).stream()
        .map(
            line -> {
              String[] fields = line.split(" ", -1);
              return fields[4]
                  + ' '
                  + fields[5]
                  + line.replaceAll("(.* - \\S+).*", "$1").replaceAll(".* - ", " ");
            })
        .sorted()
        .forEach(line -> walls.append(line).append('\n'));
    for (String id : List.of("Uid", "Gid")) {
      String outside =
          Files.readAllLines(process.resolve("status")).stream()
              .filter(line -> line.startsWith(id))
              .findFirst()
              .orElseThrow()
              .split("\\s+", -1)[1];
      walls.append(id).append(Long.parseLong(outside) - Long.parseLong(first)).append('\n');
    }
    return walls + printed(instance, "hostname; cat /proc/sys/net/ipv4/ping_group_range; id");
  }

  @Test
  void cloneOfARunningOneGoesOnUnderANameAndAnAddressOfItsOwn() throws Exception {
    Instance instance = run(shell("i=0; while :; do i=$((i+1)); echo $i; usleep 50000; done"));
    TestEngine.awaitLines(instance, 20);
    instance.snapshot(Optional.of("s"));
    Instance one = instance.cloneFrom(Optional.of("s"), Optional.of("one"));
    Instance two = instance.cloneFrom(Optional.empty(), Optional.of("two"));
    assertThat(Integer.parseInt(TestEngine.awaitLines(one, 1).getFirst())).isGreaterThan(19);
    assertThat(Integer.parseInt(TestEngine.awaitLines(two, 1).getFirst())).isGreaterThan(19);
    assertThat(printed(one, "hostname").strip()).isEqualTo(one.id().substring(0, 12));
    assertThat(printed(two, "hostname").strip()).isEqualTo(two.id().substring(0, 12));
    String addresses = "ip -4 addr show eth0 | grep inet; ip link show eth0 | grep ether";
    assertThat(
            List.of(printed(instance, addresses), printed(one, addresses), printed(two, addresses)))
        .doesNotHaveDuplicates()
        .allMatch(words -> words.contains("inet") && words.contains("ether"));
    assertThat(instance.snapshotNames()).containsExactly("s");
  }

  @Test
  void aTerminalIsAttachedToAgain() throws Exception {
    Instance instance =
        run(
            shell("i=0; while :; do i=$((i+1)); echo $i; usleep 50000; done")
                .streams(new Streams(true, true, false)));
    TestEngine.awaitLines(instance, 3);
    instance.snapshot(Optional.of("s"));
    instance.restore(Optional.of("s"));
    try (Attachment attached = instance.attach(true, true, true)) {
      assertThat(attached.read()).isPresent();
    }
    assertThat(printed(instance, "test -c /dev/console && readlink /proc/1/fd/1"))
        .isEqualTo("/dev/pts/0\n");
  }

  @Test
  void whatIsReadOnlyStaysLocked() throws Exception {
    Path folder = Files.createTempDirectory("abode-read-only");
    try {
      Instance instance =
          run(
              shell("echo ready; sleep 1000")
                  .security(SecurityOf.mayMount())
                  .mounts(
                      List.of(
                          new MountSpec.Bind(
                              folder.toString(),
                              "/ro",
                              true,
                              true,
                              false,
                              MountSpec.PropagationMode.RPRIVATE,
                              false))));
      TestEngine.awaitLine(instance, "ready");
      instance.snapshot(Optional.of("s"));
      instance.restore(Optional.of("s"));
      printed(instance, "mount -o remount,bind,rw /ro; echo x > /ro/x");
      assertThat(folder).isEmptyDirectory();
      instance.remove(true, true);
    } finally {
      Files.delete(folder);
    }
  }

  @Test
  void whatCannotBeSavedRunsOnAndLeavesNothing() throws Exception {
    refused(
        shell("unshare -U sh -c 'echo ready; sleep 1000' & wait").security(SecurityOf.mayMount()),
        "criu says: ");
    refused(shell("echo ready; sleep 1000").security(SecurityOf.privileged()), "it is privileged");
    refused(shell("echo ready; sleep 1000").network(new NetworkMode.Host()), "shares a namespace");
    refused(shell("echo ready; sleep 1000").initProcess(true), "of --init");
  }

  private void refused(InstanceSpecBuilder spec, String why) throws Exception {
    Instance instance = run(spec);
    TestEngine.awaitLine(instance, "ready");
    assertThatThrownBy(() -> instance.snapshot(Optional.of("s")))
        .hasMessageContaining("cannot be saved")
        .hasMessageContaining(why);
    assertThat(instance.snapshots()).isEmpty();
    assertThat(instance.info().folder().resolve("snapshots/.new-s")).doesNotExist();
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
    assertThat(printed(instance, "echo on")).isEqualTo("on\n");
    instance.remove(true, true);
  }
}
