package dev.abode.engine.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShareServerTest {
  @Test
  void bothEditionsServeOneFolderFromAChrootAndKeepTheirLimits() {
    for (ShareServer.Edition edition : ShareServer.Edition.values()) {
      ShareServer server = new ShareServer(Path.of("/virtiofsd"), edition, List.of());
      List<String> command = server.command("/shares/0.sock");
      assertThat(command).startsWith("/virtiofsd");
      assertThat(command).contains("--socket-path=/shares/0.sock", "--rlimit-nofile=0");
      assertThat(String.join(" ", command)).contains("sandbox=chroot", "cache=auto", "xattr");
    }
  }

  @Test
  void eachTakesTheFolderInItsOwnWords() {
    assertThat(command(ShareServer.Edition.QEMU).get(3)).endsWith(",source=" + ShareJail.ROOT);
    assertThat(command(ShareServer.Edition.RUST)).contains("--shared-dir=" + ShareJail.ROOT);
  }

  @Test
  void theOneInRustIsKnownByItsFileWhateverLinkLeadsToIt(@TempDir Path root) throws IOException {
    assertThat(ShareServer.edition(root)).isEmpty();
    Path rust = executable(root.resolve("usr/libexec/virtiofsd"));
    Path other = root.resolve("usr/lib/qemu/virtiofsd");
    Files.createSymbolicLink(Files.createDirectories(other.getParent()).resolve("virtiofsd"), rust);

    assertThat(ShareServer.edition(root)).contains(ShareServer.Edition.RUST);

    Files.delete(other);
    executable(other);
    assertThat(ShareServer.edition(root)).contains(ShareServer.Edition.QEMU);
  }

  private static Path executable(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }

  private static List<String> command(ShareServer.Edition edition) {
    return new ShareServer(Path.of("/virtiofsd"), edition, List.of()).command("/shares/0.sock");
  }
}
