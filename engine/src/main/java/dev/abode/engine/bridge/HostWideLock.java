package dev.abode.engine.bridge;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Held from a look at which subnets the host uses until the bridge of a network shows that one more
 * is used, so that two engines do not choose the same one at the same moment. The kernel has
 * nothing against two bridges with one subnet, and sends the packets of both to one of them.
 */
final class HostWideLock implements AutoCloseable {
  /** Below a folder that every engine of a host has, whatever its own folders are. */
  private static final Path FILE = Path.of("/run/abode-subnets.lock");

  /** A file's lock is the process's, and a process may hold several engines. */
  private static final ReentrantLock PROCESS = new ReentrantLock();

  private final FileChannel channel;

  private HostWideLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Waits until no other engine of this host holds it; it ends with the process that does. */
  static HostWideLock take() throws IOException {
    PROCESS.lock();
    try {
      return new HostWideLock(locked());
    } catch (IOException e) {
      PROCESS.unlock();
      throw new IOException("could not lock " + FILE + ", by which engines agree on subnets", e);
    }
  }

  private static FileChannel locked() throws IOException {
    FileChannel channel =
        FileChannel.open(FILE, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      var _ = channel.lock();
      return channel;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      PROCESS.unlock();
    }
  }
}
