package dev.abode.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.SecurityOf;
import dev.abode.engine.instance.VolumeInfo;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.TestEngine;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Volumes in real containers, with what they do to the host. */
class VolumesTest extends VolumeCase {

  private static String nameAt(Instance instance, String target) {
    return instance.info().mounts().stream()
        .filter(mount -> mount.target().equals(target))
        .map(mount -> ((MountSpec.Volume) mount).name().orElseThrow())
        .findFirst()
        .orElseThrow();
  }

  private static MountSpec part(String name, String target, String subpath) {
    return new MountSpec.Volume(Optional.of(name), target, false, false, Optional.of(subpath));
  }

  // ---- what is known of a volume

  @Test
  void keepsWhatWasSaidOfItAcrossEngines() throws Exception {
    VolumeInfo made =
        engine.volumes().create(Optional.of("kept"), Map.of("size", "8M"), Map.of("tier", "gold"));
    VolumeInfo unnamed = engine.volumes().create(Optional.empty(), Map.of(), Map.of());
    engine = test.reopen();
    VolumeInfo found = engine.volumes().require("kept");
    assertThat(found).isEqualTo(made);
    assertThat(found.anonymous()).isFalse();
    assertThat(engine.volumes().require(unnamed.name()).anonymous()).isTrue();
    assertThat(engine.volumes().create("kept")).isEqualTo(made);
    assertThatThrownBy(
            () -> engine.volumes().create(Optional.of("kept"), Map.of("size", "9M"), Map.of()))
        .hasMessageContaining("volume kept is there already");
  }

  @Test
  void refusesWhatIsNone() {
    for (String name : List.of("../up", "a/b", ".hidden", "", "-x", "a b")) {
      assertThatThrownBy(() -> engine.volumes().create(name))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("invalid characters");
    }
    Map<String, Map<String, String>> wrong =
        Map.of(
            "invalid option", Map.of("colour", "red"),
            "missing required option: \"device\"", Map.of("type", "tmpfs"),
            "missing required option: \"type\"", Map.of("device", "/dev/sdz1"),
            "absolute path", Map.of("type", "none", "device", "here", "o", "bind"),
            "o=size=1M", Map.of("type", "tmpfs", "device", "tmpfs", "size", "1M"),
            "at least 1M", Map.of("size", "10k"),
            "16 TiB", Map.of("size", "999999999999999P"),
            "invalid size", Map.of("size", "much"));
    wrong.forEach(
        (message, options) ->
            assertThatThrownBy(() -> engine.volumes().create(Optional.of("bad"), options, Map.of()))
                .hasMessageContaining(message));
  }

  @Test
  void isNotRemovedWhileInUse() throws Exception {
    Instance user =
        engine.create(shell("true").name("user").mounts(List.of(volume("v", "/v"))).build());
    assertThatThrownBy(() -> engine.volumes().remove("v"))
        .hasMessageContaining("volume is in use - [" + user.id() + " (user)]");
    user.remove(false, true);
    assertThat(engine.volumes().find("v")).isPresent();
  }

  // ---- content

  @Test
  void isFilledFromTheImage() throws Exception {
    Instance first =
        engine.create(InstanceSpec.builder(declaring).command(List.of("true")).build());
    Path content = engine.volumes().require(nameAt(first, "/d")).folder();
    assertThat(Files.readString(content.resolve("sub/file"))).isEqualTo("one\n");
    assertThat(Files.getAttribute(content, "unix:uid")).isEqualTo(33);
    assertThat(Files.getAttribute(content, "unix:gid")).isEqualTo(44);
    assertThat((int) Files.getAttribute(content, "unix:mode") & 07777).isEqualTo(01770);
    assertThat((int) Files.getAttribute(content.resolve("sub/file"), "unix:mode") & 07777)
        .isEqualTo(04751);
    assertThat(Files.getAttribute(content.resolve("again"), "unix:ino"))
        .isEqualTo(Files.getAttribute(content.resolve("sub/file"), "unix:ino"));
    assertThat(Files.readSymbolicLink(content.resolve("out"))).hasToString("/etc/passwd");
    assertThat(Files.size(content.resolve("hole"))).isEqualTo(64 << 20);
    assertThat(content.resolve("pipe")).exists();
    // The other VOLUME has .. in it: it is /fresh inside, and nothing on the host.
    assertThat(engine.volumes().require(nameAt(first, "/fresh")).folder()).isEmptyDirectory();
    assertThat(Path.of("/fresh")).doesNotExist();
    first.remove(false, true);
    assertThat(engine.volumes().list()).isEmpty();
  }

  @Test
  void isFilledOnceAndOnlyIfWanted() throws Exception {
    InstanceSpecBuilder first =
        InstanceSpec.builder(declaring)
            .command(List.of("sh", "-c", "cat /d/sub/file; echo two >/d/sub/file; rm /d/again"))
            .mounts(List.of(volumeOf("named")));
    assertThat(printed(first)).isEqualTo("one\n");
    InstanceSpecBuilder second =
        InstanceSpec.builder(declaring)
            .command(List.of("sh", "-c", "cat /d/sub/file; ls /d"))
            .mounts(List.of(volumeOf("named")));
    assertThat(printed(second)).startsWith("two\n").doesNotContain("again");
    MountSpec empty =
        new MountSpec.Volume(Optional.of("empty"), "/d", false, true, Optional.empty());
    assertThat(
            printed(
                InstanceSpec.builder(declaring)
                    .command(List.of("ls", "-A", "/d"))
                    .mounts(List.of(empty))))
        .isEmpty();
  }

  /** Where a link of the image leads to, and nowhere else. */
  @Test
  void isFilledThroughLinksOfTheImage() throws Exception {
    InstanceSpecBuilder linked =
        InstanceSpec.builder(declaring)
            .command(List.of("cat", "/d/sub/file"))
            .mounts(List.of(volume("linked", "/link")));
    assertThat(printed(linked)).isEqualTo("one\n");
    assertThat(engine.volumes().require("linked").folder().resolve("sub/file")).exists();
  }

  /** A filling that a dying engine did not finish is done again. */
  @Test
  void isFilledAgainAfterADeathInTheMiddle() throws Exception {
    Path content = engine.volumes().create("half").folder();
    Files.writeString(content.resolve("sub"), "half");
    Files.writeString(content.resolveSibling("filling"), "");
    engine = test.reopen();
    assertThat(
            printed(
                InstanceSpec.builder(declaring)
                    .command(List.of("cat", "/d/sub/file"))
                    .mounts(List.of(volumeOf("half")))))
        .isEqualTo("one\n");
  }

  @Test
  void isSharedByInstancesAtTheSameTime() throws Exception {
    Instance reader =
        started(
            shell("until cat /v/said 2>/dev/null; do sleep 0.05; done")
                .mounts(List.of(volume("both", "/v"))));
    printed("echo hello >/v/said.new; mv /v/said.new /v/said", volume("both", "/v"));
    reader.await(WaitCondition.NOT_RUNNING);
    assertThat(TestEngine.log(reader)).isEqualTo("hello\n");
  }

  @Test
  void comesFromAnotherInstance() throws Exception {
    Instance data =
        engine.create(
            InstanceSpec.builder(declaring)
                .name("data")
                .command(List.of("true"))
                .mounts(List.of(volume("named", "/n")))
                .build());
    String shown =
        printed(shell("cat /d/sub/file; touch /n/x 2>&1").volumesFrom(List.of("data:ro")));
    assertThat(shown).contains("one\n").contains("Read-only file system");
    assertThat(printed(shell("touch /n/y && ls /n").volumesFrom(List.of(data.id()))))
        .isEqualTo("y\n");
    assertThatThrownBy(() -> engine.create(shell("true").volumesFrom(List.of("nobody")).build()))
        .hasMessageContaining("No such container: nobody");
    data.remove(false, true);
    assertThat(engine.volumes().list()).extracting(VolumeInfo::name).containsExactly("named");
  }

  @Test
  void anonymousOnesStayWhileAnotherInstanceUsesThem() throws Exception {
    Instance data =
        engine.create(
            InstanceSpec.builder(declaring).name("data").command(List.of("true")).build());
    Instance user = engine.create(shell("true").volumesFrom(List.of("data")).build());
    data.remove(false, true);
    assertThat(engine.volumes().list()).hasSize(2);
    user.remove(false, true);
    assertThat(engine.volumes().list()).isEmpty();
  }

  // ---- parts

  @Test
  void aPartIsMountedAndNothingElse() throws Exception {
    printed(
        "mkdir -p /v/a/b && echo in >/v/a/b/f && ln -s / /v/evil && ln -s a/b /v/good",
        volume("whole", "/v"));
    assertThat(printed("cat /p/f", part("whole", "/p", "a/b"))).isEqualTo("in\n");
    assertThat(printed("cat /p/f", part("whole", "/p", "good"))).isEqualTo("in\n");
    assertThat(printed("cat /p", part("whole", "/p", "a/b/f"))).isEqualTo("in\n");
    // Links and .. end at the volume: "evil" is the volume itself.
    assertThat(printed("ls -A /p", part("whole", "/p", "evil"))).contains("evil", "good");
    assertThat(printed("ls -A /p", part("whole", "/p", "evil/../../.."))).contains("evil", "good");
    Instance missing =
        engine.create(shell("true").mounts(List.of(part("whole", "/p", "evil/etc"))).build());
    assertThatThrownBy(missing::start)
        .hasMessageContaining("cannot mount \"evil/etc\" of volume whole");
  }

  /** The workload swaps a folder and a link to the host's root as fast as it can. */
  @Test
  void aPartDoesNotLeadOutThroughSwappedLinks() throws Exception {
    Instance swapping =
        started(
            shell(
                    "cd /v; mkdir -p real/etc; echo ours >real/etc/hostname; ln -s / link; ln -s"
                        + " real now; echo laid out; while :; do ln -sfn link now; ln -sfn real"
                        + " now; done")
                .mounts(List.of(volume("racy", "/v"))));
    TestEngine.awaitLine(swapping, "laid out");
    for (int round = 0; round < 12; round++) {
      Instance looking =
          engine.create(
              shell("cat /p/hostname").mounts(List.of(part("racy", "/p", "now/etc"))).build());
      try {
        looking.start();
        looking.await(WaitCondition.NOT_RUNNING);
        assertThat(TestEngine.log(looking)).isIn("ours\n", "");
      } catch (EngineException e) {
        assertThat(e).hasMessageContaining("cannot ");
      }
      looking.remove(true, false);
    }
    swapping.remove(true, false);
  }

  // ---- locks

  /** Root of its own user namespace, allowed to mount, cannot write where it may only read. */
  @Test
  void whatIsReadOnlyStaysSoForWhoMayMount() throws Exception {
    Path folder = Files.createDirectory(test.root().resolve("locked"));
    Files.writeString(folder.resolve("f"), "host");
    MountSpec bind =
        new MountSpec.Bind(
            folder.toString(), "/ro", true, true, false, MountSpec.PropagationMode.RPRIVATE, false);
    MountSpec volume =
        new MountSpec.Volume(Optional.of("locked"), "/rov", true, false, Optional.empty());
    String shown =
        printed(
            shell(
                    "for at in /ro /rov; do mount -o remount,bind,rw $at; mount -o remount,rw $at;"
                        + " mkdir -p /m; mount --bind $at /m && mount -o remount,bind,rw /m;"
                        + " touch $at/new; touch /m/new; umount /m; done; mount -t tmpfs t /mnt &&"
                        + " echo can mount")
                .mounts(List.of(bind, volume))
                .security(SecurityOf.mayMount()));
    assertThat(shown).contains("can mount\n");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("f"));
    }
    assertThat(engine.volumes().require("locked").folder()).isEmptyDirectory();
  }

  @Test
  void exportsWhileInUse() throws Exception {
    Instance user =
        started(
            shell("echo x >/v/x; echo written; sleep 1000").mounts(List.of(volume("live", "/v"))));
    TestEngine.awaitLine(user, "written");
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    engine.volumes().exportContent("live", tar);
    assertThat(tar.toString(UTF_8)).contains("./x", "0000755");
  }

  @Test
  void creationTellsWhereOwnersCannotBeMapped() throws Exception {
    MountSpec settings =
        new MountSpec.Bind(
            "/proc/sys", "/x", true, false, false, MountSpec.PropagationMode.RPRIVATE, false);
    Instance warned = engine.create(InstanceSpec.builder(alpine).mounts(List.of(settings)).build());
    assertThat(warned.info().warnings())
        .singleElement()
        .asString()
        .contains("/proc/sys is on a file system (proc) whose owners this kernel cannot map")
        .contains("use --userns host, or a volume");
    warned.remove(true, false);
  }
}
