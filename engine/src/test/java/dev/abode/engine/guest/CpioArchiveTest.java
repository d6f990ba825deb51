package dev.abode.engine.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Read back by busybox, which has the form of the archive from the kernel's documentation too. */
class CpioArchiveTest {
  private static final Tool BUSYBOX = new Tool("busybox", "busybox-static");

  @TempDir Path folder;

  @Test
  void anotherReaderFindsWhatWasWritten() throws IOException {
    Path file = folder.resolve("archive");
    try (OutputStream to = Files.newOutputStream(file)) {
      CpioArchive archive = new CpioArchive(to);
      archive.directory("a", 0750);
      archive.file("a/odd", 0755, "12345".getBytes(UTF_8));
      archive.file("a/empty", 0600, new byte[0]);
      archive.characterDevice("console", 0600, 5, 1);
      archive.finish();
    }

    String listed =
        BUSYBOX.run(folder, "read an archive", List.of("cpio", "-tv", "-F", file.toString()));

    assertThat(listed.lines().map(line -> line.replaceAll("\\s+", " ")))
        .anySatisfy(line -> assertThat(line).startsWith("drwxr-x--- 0/0").endsWith(" a"))
        .anySatisfy(
            line -> assertThat(line).startsWith("-rwxr-xr-x 0/0").contains(" 5 ").endsWith("a/odd"))
        .anySatisfy(line -> assertThat(line).startsWith("-rw-------").endsWith("a/empty"))
        .anySatisfy(line -> assertThat(line).startsWith("crw-------").endsWith("console"));
  }

  @Test
  void anInitramfsSaysInWhichOrderItsModulesAreLoaded() throws IOException {
    Map<String, byte[]> modules = new LinkedHashMap<>();
    modules.put("virtio", "one".getBytes(UTF_8));
    modules.put("virtio_blk", "two".getBytes(UTF_8));
    Path file = folder.resolve("initramfs");

    Initramfs.write(file, "program".getBytes(UTF_8), modules);

    Path root = Files.createDirectory(folder.resolve("root"));
    BUSYBOX.run(root, "unpack an archive", List.of("cpio", "-i", "-d", "-F", file.toString()));
    assertThat(root.resolve("modules/boot"))
        .hasContent("/modules/virtio.ko\n/modules/virtio_blk.ko\n");
    assertThat(root.resolve("modules/virtio_blk.ko")).hasContent("two");
    assertThat(root.resolve("init")).hasContent("program").isExecutable();
  }
}
