package dev.abode.engine.filesystem;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.container.BindMount;
import dev.abode.engine.container.ContainerGround;
import dev.abode.engine.container.HoldPlan;
import dev.abode.engine.container.HostFacts;
import dev.abode.engine.container.Identity;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarWriter;
import dev.abode.init.ShimBinary;
import dev.abode.linux.testing.Eventually;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of a container that does not run, through a real shim and the product's own plan. */
class HeldRootsTest {
  @TempDir Path folder;
  private ShimBinary binary;

  @BeforeEach
  void prepare() throws IOException {
    for (String name : List.of("image/etc", "instance/upper", "instance/work", "volume", "h")) {
      Files.createDirectories(folder.resolve(name));
    }
    Files.writeString(folder.resolve("image/etc/passwd"), "of the image");
    Files.writeString(folder.resolve("instance/upper/own"), "own");
    Files.writeString(folder.resolve("volume/data"), "of the volume");
    binary = ShimBinary.load();
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    binary.close();
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(folder.toString());
    try (var left = Files.list(folder.resolve("h"))) {
      assertThat(left).isEmpty();
    }
  }

  private RootSource.Stopped source(Path volume, boolean readOnly) throws IOException {
    ContainerGround ground =
        new ContainerGround(
            "0".repeat(64),
            folder.resolve("instance"),
            List.of(folder.resolve("image")),
            Identity.ROOT,
            OptionalLong.empty(),
            CgroupPlacement.NONE,
            List.of(
                new BindMount(
                    volume.toString(),
                    "",
                    true,
                    "/vol",
                    readOnly,
                    false,
                    true,
                    PropagationMode.RPRIVATE,
                    false)),
            List.of(),
            Map.of(),
            false,
            Optional.empty(),
            Optional.empty(),
            HostFacts.read());
    return new RootSource.Stopped(binary, HoldPlan.of(ground), folder.resolve("h"));
  }

  private ContainerFiles files(boolean readOnly) throws IOException {
    return new ContainerFiles(
        source(folder.resolve("volume"), readOnly),
        List.of(folder.resolve("instance/upper"), folder.resolve("image")),
        false);
  }

  private static byte[] tarOf(String name, String content) throws IOException {
    byte[] bytes = content.getBytes(UTF_8);
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(tar);
    writer.write(
        new TarEntry(
            name,
            TarEntry.Type.FILE,
            "",
            0640,
            1000,
            1001,
            bytes.length,
            List.of(new TarEntry.Extent(0, bytes.length)),
            Instant.EPOCH,
            Optional.empty(),
            0,
            0,
            Map.of()),
        new ByteArrayInputStream(bytes));
    writer.finish();
    return tar.toByteArray();
  }

  @Test
  void theStackedLayersAndVolumesAreThereWhileStopped() throws Exception {
    ContainerFiles files = files(false);
    assertThat(files.stat("/etc/passwd").sizeBytes()).isEqualTo(12);
    assertThat(files.stat("/own").sizeBytes()).isEqualTo(3);
    assertThat(files.stat("/vol/data").sizeBytes()).isEqualTo(13);

    ByteArrayInputStream tar = new ByteArrayInputStream(tarOf("new", "content"));
    files.copyIn("/etc", tar, false, Optional.empty());
    Path made = folder.resolve("instance/upper/etc/new");
    assertThat(made).hasContent("content");
    assertThat(Files.getAttribute(made, "unix:uid")).isEqualTo(1000);

    files.copyIn(
        "/vol",
        new ByteArrayInputStream(tarOf("x", "into the volume")),
        false,
        Optional.of(new InstanceFiles.Owner(0, 0)));
    assertThat(folder.resolve("volume/x")).hasContent("into the volume");
  }

  @Test
  void aReadOnlyVolumeStaysSo() throws Exception {
    assertThatThrownBy(
            () ->
                files(true)
                    .copyIn(
                        "/vol", new ByteArrayInputStream(tarOf("x", "y")), false, Optional.empty()))
        .hasMessage("mounted volume is marked read-only");
  }

  @Test
  void aFailureToMountNamesTheStepAndLeavesNothing() throws Exception {
    RootSource source = source(folder.resolve("missing"), false);
    assertThatThrownBy(() -> new ContainerFiles(source, List.of(), false).stat("/"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("cannot mount the root file system")
        .hasMessageContaining("missing")
        .hasMessageContaining("ENOENT");
  }

  @Test
  void whatAnEngineThatDiedLeftIsSweptAway() throws Exception {
    HeldRoots.Held held = HeldRoots.hold(source(folder.resolve("volume"), false));
    assertThat(Path.of("/proc/" + held.pid())).exists();
    HeldRoots.sweep(folder.resolve("h"));
    Eventually.until("it ends", () -> Files.notExists(Path.of("/proc/" + held.pid())));
    held.shim().close();
    HeldRoots.sweep(folder.resolve("never-made"));
  }
}
