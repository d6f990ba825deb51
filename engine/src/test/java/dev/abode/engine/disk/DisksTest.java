package dev.abode.engine.disk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DisksTest {
  private static final Tool FSCK = new Tool("fsck.erofs", "erofs-utils");
  private static final Tool DUMP = new Tool("dumpe2fs", "e2fsprogs");
  private static final Tool MKNOD = new Tool("mknod", "coreutils");

  @TempDir Path folder;

  private Path layer() throws IOException {
    Path tree = Files.createDirectories(folder.resolve("chain/tree"));
    Files.writeString(Files.createDirectory(tree.resolve("etc")).resolve("motd"), "hello");
    Files.setLastModifiedTime(
        tree.resolve("etc/motd"), FileTime.from(Instant.ofEpochSecond(1_000_000_000, 123_000_000)));
    Files.setAttribute(tree.resolve("etc/motd"), "unix:uid", 70_000);
    Files.getFileAttributeView(tree.resolve("etc/motd"), UserDefinedFileAttributeView.class)
        .write("note", ByteBuffer.wrap("kept".getBytes(UTF_8)));
    Files.createSymbolicLink(tree.resolve("out"), Path.of("/etc/shadow"));
    MKNOD.run("make a whiteout", List.of(tree.resolve("gone").toString(), "c", "0", "0"));
    return tree;
  }

  @Test
  void aLayersDiskHoldsItsFilesAsTheyAre() throws IOException {
    Path disk = new LayerDisks().of(List.of(layer())).getFirst();

    Path read = folder.resolve("read");
    FSCK.run(
        "read a disk back",
        List.of("--extract=" + read, "--preserve", "--no-preserve-perms", disk.toString()));
    assertThat(read.resolve("etc/motd")).hasContent("hello");
    assertThat(Files.getAttribute(read.resolve("etc/motd"), "unix:uid")).isEqualTo(70_000);
    assertThat(Files.readSymbolicLink(read.resolve("out"))).hasToString("/etc/shadow");
    assertThat(Files.getAttribute(read.resolve("gone"), "unix:rdev", LinkOption.NOFOLLOW_LINKS))
        .isEqualTo(0L);
  }

  @Test
  void itIsMadeOnceAndNobodyMayWriteToIt() throws IOException {
    Path tree = layer();
    LayerDisks disks = new LayerDisks();
    Path disk = disks.of(List.of(tree)).getFirst();
    Files.writeString(tree.resolve("later"), "x");
    FileTime made = Files.getLastModifiedTime(disk);

    assertThat(new LayerDisks().of(List.of(tree))).containsExactly(disk);
    assertThat(Files.getLastModifiedTime(disk)).isEqualTo(made);
    assertThat(Files.getPosixFilePermissions(disk)).noneMatch(p -> p.name().endsWith("_WRITE"));
  }

  @Test
  void whatADeadEngineLeftHalfMadeIsMadeAgain() throws IOException {
    Path tree = layer();
    Files.writeString(tree.resolveSibling("disk.erofs.new"), "half");

    Path disk = new LayerDisks().of(List.of(tree)).getFirst();

    FSCK.run("check a disk", List.of(disk.toString()));
    assertThat(tree.resolveSibling("disk.erofs.new")).doesNotExist();
  }

  @Test
  void anInstancesDiskIsSparseAndPrivate() throws IOException {
    Path disk = folder.resolve("disk");

    new WritableDisks(folder.resolve("blank"), 16L << 30).ensure(disk);

    assertThat(Files.size(disk)).isEqualTo(16L << 30);
    assertThat(allocated(disk)).isLessThan(4 << 20);
    assertThat(Files.getPosixFilePermissions(disk)).hasSize(2);
    assertThat(DUMP.run("read a disk", List.of("-h", disk.toString())))
        .contains("has_journal")
        .contains("Filesystem state:         clean");
  }

  @Test
  void disksBeginAlikeAndAreMadeByThisEngine() throws IOException {
    Path blank = Files.writeString(folder.resolve("blank"), "of an engine before");
    WritableDisks disks = new WritableDisks(blank, 64 << 20);
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");

    disks.ensure(first);
    FileTime made = Files.getLastModifiedTime(blank);
    disks.ensure(second);

    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    assertThat(Files.getLastModifiedTime(blank)).isEqualTo(made);
    assertThat(DUMP.run("read a disk", List.of("-h", second.toString()))).contains("has_journal");
  }

  @Test
  void aDiskThatIsThereIsLeftAlone() throws IOException {
    Path disk = Files.writeString(folder.resolve("disk"), "precious");

    new WritableDisks(folder.resolve("blank"), 1 << 30).ensure(disk);

    assertThat(disk).hasContent("precious");
  }

  private static long allocated(Path file) throws IOException {
    return Long.parseLong(
            new Tool("stat", "coreutils")
                .run("measure a disk", List.of("-c", "%b", file.toString()))
                .strip())
        * 512;
  }
}
