package dev.abode.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiSocketTest {
  @TempDir Path folder;

  @Test
  void isForOwnerAndGroupOnlyAndGoesWhenClosed() throws IOException {
    Path path = folder.resolve("deep/er/s");

    try (ApiSocket socket = ApiSocket.listen(path)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-rw----");
      try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
        assertThat(client.isConnected()).isTrue();
      }
      assertThat(socket.path()).isEqualTo(path);
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void takesOverFromTheDeadButNotFromTheLiving() throws IOException {
    Path path = folder.resolve("s");
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(path));
    }

    try (ApiSocket living = ApiSocket.listen(path)) {
      assertThat(living.channel().isOpen()).isTrue();
      assertThatThrownBy(() -> ApiSocket.listen(path))
          .isInstanceOfSatisfying(
              EngineException.class,
              e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFLICT));
    }
  }

  @Test
  void doesNotReplaceAFile() throws IOException {
    Path path = Files.writeString(folder.resolve("s"), "mine");

    assertThatThrownBy(() -> ApiSocket.listen(path)).isInstanceOf(EngineException.class);
    assertThat(path).hasContent("mine");
  }
}
