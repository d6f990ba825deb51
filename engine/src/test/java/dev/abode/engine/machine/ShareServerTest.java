package dev.abode.engine.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

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

  private static List<String> command(ShareServer.Edition edition) {
    return new ShareServer(Path.of("/virtiofsd"), edition, List.of()).command("/shares/0.sock");
  }
}
