package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Shim;
import dev.abode.init.ShimBinary;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.UUID;

/**
 * A server of files with a shim of its own, which lives as long as the operation that needs it. One
 * whose engine died is ended by the next, {@link HeldRoots#sweep}.
 */
public final class GuestServer implements GuestTree.Connection {
  private static final int STDOUT = 1;

  private final Shim shim;
  private final Shim streams;
  private final Path folder;

  private GuestServer(Shim shim, Shim streams, Path folder) {
    this.shim = shim;
    this.streams = streams;
    this.folder = folder;
  }

  /** Says what went wrong when a plan was played. */
  @FunctionalInterface
  public interface Explanation {
    EngineException of(ShimEvent.Failed failure);
  }

  /**
   * Starts one.
   *
   * @param plan ends with {@link dev.abode.init.Step.ServeFiles}, here or in a guest
   * @param sockets a folder in which one for the shim's socket is made
   */
  public static GuestServer start(
      ShimBinary binary, LaunchPlan plan, Path sockets, Explanation explanation)
      throws IOException {
    Files.createDirectories(sockets);
    Path folder = sockets.resolve(UUID.randomUUID().toString().substring(0, 8));
    Files.createDirectory(folder);
    try {
      Shim shim = binary.spawn(plan, folder.resolve("s"));
      try {
        Shim streams =
            Shim.attach(folder.resolve("s"), Set.of(Shim.Stream.STDIN, Shim.Stream.STDOUT));
        shim.start();
        awaitStart(shim, explanation);
        return new GuestServer(shim, streams, folder);
      } catch (IOException | RuntimeException e) {
        try (shim) {
          HeldRoots.end(shim);
        } catch (IOException ending) {
          e.addSuppressed(ending);
        }
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      HeldRoots.remove(folder);
      throw e;
    }
  }

  private static void awaitStart(Shim shim, Explanation explanation) throws IOException {
    while (true) {
      switch (shim.next()) {
        case ShimEvent.Started started -> {
          return;
        }
        case ShimEvent.Failed failed -> throw explanation.of(failed);
        case ShimEvent.Gone gone -> throw ended();
        case ShimEvent.Exited exited -> throw ended();
        case ShimEvent.Waiting waiting -> {}
        case ShimEvent.Booting booting -> {}
        case ShimEvent.Ready ready -> {}
        case ShimEvent.Answer answer -> {}
        case ShimEvent.Created created -> {}
        case ShimEvent.Output output -> {}
      }
    }
  }

  private static EngineException ended() {
    return new EngineException(
        Kind.UNAVAILABLE,
        "cannot look at the files of a virtual machine: what was to serve them ended; try again");
  }

  @Override
  public InputStream answers() {
    return new Answers(streams);
  }

  /** What is said on standard output, until the server ends. */
  private static final class Answers extends InputStream {
    private final Shim streams;
    private ByteBuffer present = ByteBuffer.allocate(0);
    private boolean ended;

    Answers(Shim streams) {
      this.streams = streams;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      while (!present.hasRemaining() && !ended) {
        switch (streams.next()) {
          case ShimEvent.Output(int stream, long time, ByteBuffer output) -> {
            if (stream == STDOUT) {
              present = ByteBuffer.allocate(output.remaining()).put(output).flip();
            }
          }
          case ShimEvent.Gone gone -> ended = true;
          case ShimEvent.Exited exited -> ended = true;
          case ShimEvent.Started started -> {}
          case ShimEvent.Failed failed -> ended = true;
          case ShimEvent.Waiting waiting -> {}
          case ShimEvent.Booting booting -> {}
          case ShimEvent.Ready ready -> {}
          case ShimEvent.Answer answer -> {}
          case ShimEvent.Created created -> {}
        }
      }
      if (!present.hasRemaining()) {
        return -1;
      }
      int count = Math.min(length, present.remaining());
      present.get(bytes, offset, count);
      return count;
    }
  }

  @Override
  public OutputStream requests() {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        write(new byte[] {(byte) one});
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        streams.input(ByteBuffer.wrap(bytes, offset, length));
      }
    };
  }

  /** Ends the server, and a machine that was booted for it, whose disk is brought in order. */
  @Override
  public synchronized void close() throws IOException {
    streams.close();
    if (!Files.exists(folder)) {
      return;
    }
    try (shim) {
      HeldRoots.end(shim);
    } finally {
      HeldRoots.remove(folder);
    }
  }
}
