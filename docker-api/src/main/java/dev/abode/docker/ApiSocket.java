package dev.abode.docker;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;

/** A listening unix socket with a name in the file system, {@code unix(7)}. */
record ApiSocket(Path path, ServerSocketChannel channel) implements AutoCloseable {
  private static final int BACKLOG = 1024;
  private static final String GROUP = "docker";

  static ApiSocket listen(Path path) throws IOException {
    Path absolute = path.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    removeStale(absolute);
    // Bound under another name and renamed when its mode is right, so that nobody who shall not
    // can connect in between: the umask belongs to the whole process and is not ours to change.
    Path unready = absolute.resolveSibling(absolute.getFileName() + "~");
    removeStale(unready);
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(UnixDomainSocketAddress.of(unready), BACKLOG);
      restrict(unready);
      Files.move(unready, absolute);
      return new ApiSocket(absolute, channel);
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(unready);
      throw new IOException("could not listen on " + absolute + ": " + e.getMessage(), e);
    }
  }

  private static void restrict(Path socket) throws IOException {
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw----"));
    try {
      GroupPrincipal group =
          socket.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(GROUP);
      Files.getFileAttributeView(socket, PosixFileAttributeView.class).setGroup(group);
    } catch (UserPrincipalNotFoundException _) {
      // Without that group the socket is root's alone.
    }
  }

  private static void removeStale(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .isOther()) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "cannot listen on " + path + ": it exists and is not a socket; choose another path");
    }
    if (answers(path)) {
      throw new EngineException(
          EngineException.Kind.CONFLICT,
          "cannot listen on "
              + path
              + ": somebody does already; stop that engine or choose another socket");
    }
    Files.delete(path);
  }

  private static boolean answers(Path path) {
    try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      return probe.isConnected();
    } catch (IOException _) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(path);
  }
}
