package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.VolumeInfo;
import dev.abode.engine.record.Folders;
import dev.abode.engine.volume.MountPoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Volumes that are mounted: with a size limit, from elsewhere, and after an engine has died. */
class VolumeStorageTest extends VolumeCase {

  @Test
  void aSizeLimitHolds() throws Exception {
    engine.volumes().create(Optional.of("small"), Map.of("size", "16M"), Map.of());
    String shown =
        printed(
            "ls -A /v; head -c 12m /dev/zero >/v/fits && echo fits; dd if=/dev/zero of=/v/more"
                + " bs=1M count=9 2>&1 || echo full",
            volume("small", "/v"));
    assertThat(shown).startsWith("fits\n").contains("No space left").endsWith("full\n");
    VolumeInfo small = engine.volumes().require("small");
    assertThat(engine.volumes().takenBytes(small).orElseThrow()).isBetween(12L << 20, 17L << 20);
    assertThat(MountPoints.within(test.root())).isEmpty();
    assertThat(small.folder()).isEmptyDirectory();
    // What is deleted comes back to the host, and the rest is there again.
    printed("rm /v/fits /v/more; echo kept >/v/kept; sync", volume("small", "/v"));
    // The journal stays; it takes more of its room the more often it was written.
    assertThat(engine.volumes().takenBytes(small).orElseThrow()).isLessThan(10L << 20);
    assertThat(printed("cat /v/kept", volume("small", "/v"))).isEqualTo("kept\n");
  }

  @Test
  void isMountedForItsFirstUserAndUntilItsLast() throws Exception {
    engine
        .volumes()
        .create(
            Optional.of("memory"),
            Map.of("type", "tmpfs", "device", "tmpfs", "o", "size=1m,mode=0700,nosuid"),
            Map.of());
    Path folder = engine.volumes().require("memory").folder();
    Instance one =
        started(shell("echo x >/v/x; sleep 1000").mounts(List.of(volume("memory", "/v"))));
    Instance two =
        started(
            shell("until cat /v/x; do sleep 0.05; done; sleep 1000")
                .mounts(List.of(volume("memory", "/v"))));
    assertThat(MountPoints.within(test.root())).containsExactly(folder);
    one.remove(true, false);
    assertThat(MountPoints.within(test.root())).containsExactly(folder);
    // The engine goes and comes: who uses it still does.
    engine = test.reopen();
    assertThat(MountPoints.within(test.root())).containsExactly(folder);
    engine.instance(two.id()).remove(true, false);
    assertThat(MountPoints.within(test.root())).isEmpty();
  }

  @Test
  void whatADeadEngineLeftMountedIsUnmounted() throws Exception {
    engine.volumes().create(Optional.of("left"), Map.of("size", "8M"), Map.of());
    VolumeHolds elsewhere = new VolumeHolds(new Folders(test.root(), test.root().resolve("run")));
    elsewhere.hold("left", "somebody who dies");
    assertThat(MountPoints.within(test.root())).hasSize(1);
    Path half = test.root().resolve("volumes/.making-half");
    Files.createDirectories(half.resolve("_data"));
    engine = test.reopen();
    assertThat(MountPoints.within(test.root())).isEmpty();
    assertThat(half).doesNotExist();
    assertThat(engine.repairs()).anyMatch(repair -> repair.contains("unmounted volume left"));
  }

  @Test
  void aFolderOfTheHostBehindAName() throws Exception {
    Path folder = Files.createDirectory(test.root().resolve("mine"));
    Files.writeString(folder.resolve("f"), "host\n");
    engine
        .volumes()
        .create(
            Optional.of("bound"),
            Map.of("type", "none", "device", folder.toString(), "o", "bind,ro"),
            Map.of());
    assertThat(printed("cat /v/f; touch /v/g 2>&1", volume("bound", "/v")))
        .startsWith("host\n")
        .contains("Read-only");
    engine
        .volumes()
        .create(
            Optional.of("nowhere"),
            Map.of("type", "none", "device", "/no/such/folder", "o", "bind"),
            Map.of());
    Instance never = engine.create(shell("true").mounts(List.of(nocopy("nowhere"))).build());
    assertThatThrownBy(never::start)
        .hasMessageContaining("failed to mount local volume nowhere")
        .hasMessageContaining("/no/such/folder does not exist");
    engine.volumes().remove("bound");
    assertThat(folder.resolve("f")).exists();
  }

  private static MountSpec nocopy(String name) {
    return new MountSpec.Volume(Optional.of(name), "/v", false, true, Optional.empty());
  }
}
