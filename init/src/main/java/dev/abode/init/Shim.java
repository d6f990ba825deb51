package dev.abode.init;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Set;

/**
 * A connection to the supervisor of one workload. A shim is a process of its own: it lives on when
 * this connection or this JVM ends, and can be found again at its socket.
 *
 * <pre>{@code
 * try (Shim shim = binary.spawn(plan, socket)) {   // spawned, connected, watching
 *   shim.start();
 *   switch (shim.next()) { case Started s -> …  case Failed f -> …  default -> … }
 * }
 * }</pre>
 *
 * <p>Blocking; meant for virtual threads. One thread may read ({@link #next}) while others write.
 * Attach clients open connections of their own with {@link #attach}; one attached before {@link
 * #start} misses nothing.
 */
public interface Shim extends AutoCloseable {

  /** Which streams an attached connection carries. */
  enum Stream {
    STDIN,
    STDOUT,
    STDERR
  }

  /**
   * Connects to the shim that listens at {@code socket} and watches it; the first event tells its
   * state.
   *
   * @throws IOException when no shim listens there any more
   */
  static Shim connect(Path socket) throws IOException {
    return ShimConnection.watching(socket);
  }

  /**
   * Connects a client that is sent the workload's output, and whose input goes to the workload.
   * Returns when the shim has acknowledged, so that everything written from now on arrives.
   */
  static Shim attach(Path socket, Set<Stream> streams) throws IOException {
    return ShimConnection.attached(socket, streams);
  }

  /**
   * As {@link #attach}, for a shim that the caller has not told to start yet. There is nothing to
   * wait for: it serves whoever has connected by then before it starts.
   */
  static Shim attachBeforeStart(Path socket, Set<Stream> streams) throws IOException {
    return ShimConnection.attachedBeforeStart(socket, streams);
  }

  /** Waits for what comes next. {@link ShimEvent.Gone} at the end, again and again. */
  ShimEvent next() throws IOException;

  /** Tells the shim to play its plan. Legal once. */
  void start() throws IOException;

  /** Lets the launch, of which {@link ShimEvent.Created} was told, go on to its end. */
  void proceed() throws IOException;

  /**
   * Lets it fail instead: {@link ShimEvent.Failed} with {@code ECANCELED}, unless it has failed by
   * itself already, which is told then.
   */
  void abandon() throws IOException;

  /**
   * Sends {@code signal}, a number of {@code signal(7)}, to the workload; ignored once it ended.
   */
  void signal(int signal) throws IOException;

  void resize(int rows, int columns) throws IOException;

  /** Passes {@code bytes} to standard input; blocks while the workload does not read. */
  void input(ByteBuffer bytes) throws IOException;

  /**
   * Asks the agent of the guest, or the shim itself. The answer comes as {@link ShimEvent.Answer};
   * until then this connection must not ask again.
   */
  void ask(Question question) throws IOException;

  /** What an agent can be asked. */
  sealed interface Question {
    /** The content of a file of a procfs, a sysfs or a cgroupfs, at most 16 KiB of it. */
    record Read(String path) implements Question {}

    /**
     * Freezes the workload, and the file system mounted at {@code path}, none if that is empty.
     * From the answer on nothing crosses between guest and host until {@link Thaw}, or until
     * another shim greets the guest; in a machine that was resumed the workload still waits for
     * {@link Thaw}. It thaws by itself when this connection is closed.
     */
    record Freeze(String path) implements Question {}

    record Thaw() implements Question {}

    /**
     * Of a workload on this kernel: the inodes of the pipes that the shim has to its standard input
     * and from its output and error, three longs, 0 for one that is not there. For {@code criu(8)},
     * which knows a pipe by that number.
     */
    record Streams() implements Question {}
  }

  /** No more input from this client; the workload sees end-of-file if that was asked for. */
  void endInput() throws IOException;

  @Override
  void close() throws IOException;
}
