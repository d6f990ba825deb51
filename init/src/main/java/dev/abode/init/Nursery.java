package dev.abode.init;

import dev.abode.linux.Descriptor;
import dev.abode.linux.DescriptorSocket;
import dev.abode.linux.KernelException;
import dev.abode.linux.Spawn;
import dev.abode.linux.UnixListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A process that forks shims on request: {@code abode-init} itself, loaded once. It ends when this
 * object is closed, and with this JVM; the shims go on.
 */
final class Nursery implements AutoCloseable {
  private static final Path NOWHERE = Path.of("/dev/null");
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Where a shim writes the path of its socket, for ps(1) to show. */
  private static final String ROOM = " ".repeat(UnixListener.MAX_PATH_BYTES);

  private final Descriptor orders;
  private final int pid;

  private Nursery(Descriptor orders, int pid) {
    this.orders = orders;
    this.pid = pid;
  }

  static Nursery open(Descriptor program) throws KernelException {
    DescriptorSocket.Pair pair = DescriptorSocket.pair();
    try (Descriptor theirs = pair.theirs()) {
      // Twice: neither number may be taken by anything else that it opens.
      List<Descriptor> both = List.of(theirs, theirs);
      List<String> arguments = List.of("abode-init", "nursery", ROOM);
      return new Nursery(pair.ours(), Spawn.start(program, arguments, both, NOWHERE));
    } catch (KernelException e) {
      pair.ours().close();
      throw e;
    }
  }

  /**
   * Forks a shim. One that cannot be forked shows as a listener that nobody has.
   *
   * @return false when this process has ended, perhaps killed, and forks no more
   */
  boolean fork(Descriptor plan, Descriptor listener, Path socket) {
    try {
      DescriptorSocket.send(orders, socket.toString(), List.of(plan, listener));
      return true;
    } catch (KernelException e) {
      return false;
    }
  }

  /** Ends it, and waits for that. */
  @Override
  public void close() {
    orders.close();
    try {
      boolean _ = Spawn.awaitEnd(pid, PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
