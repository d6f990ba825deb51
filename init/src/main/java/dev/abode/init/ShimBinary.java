package dev.abode.init;

import dev.abode.linux.Descriptor;
import dev.abode.linux.MemoryFile;
import dev.abode.linux.Spawn;
import dev.abode.linux.UnixListener;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The executable {@code abode-init}, held in a sealed memory file so that nothing a container does
 * to {@code /proc/self/exe} can alter it (CVE-2019-5736). One serves any number of shims, from any
 * thread.
 */
public final class ShimBinary implements AutoCloseable {
  private static final int MAX_SOCKET_PATH_BYTES = 100;

  private final Descriptor program;
  private final Lock lock = new ReentrantLock();
  private Optional<Nursery> nursery = Optional.empty();

  private ShimBinary(Descriptor program) {
    this.program = program;
  }

  /** Copies the program that was built with this module into a sealed memory file. */
  public static ShimBinary load() throws IOException {
    return of(program());
  }

  /** The program itself, static: for the first process of a guest, or all of a container. */
  public static byte[] program() throws IOException {
    try (InputStream resource = ShimBinary.class.getResourceAsStream("abode-init")) {
      if (resource == null) {
        throw new FileNotFoundException(
            "abode-init is not beside " + ShimBinary.class.getName() + ": was it built?");
      }
      return resource.readAllBytes();
    }
  }

  /** As {@link #load}, with a program built otherwise. */
  static ShimBinary load(Path program) throws IOException {
    return of(Files.readAllBytes(program));
  }

  private static ShimBinary of(byte[] program) throws IOException {
    return new ShimBinary(MemoryFile.executable("abode-init", ByteBuffer.wrap(program)));
  }

  /**
   * Spawns a shim that holds {@code plan} and listens at {@code socket}, and connects to it. The
   * plan is not played before {@link Shim#start}. The shim is in a session of its own, its standard
   * streams are {@code /dev/null} but for standard error, which is appended to {@code shim.log}
   * beside the socket, made when there is something to say. It ends by itself when the connection
   * is closed before the start.
   *
   * @param socket at most 100 bytes long, absolute; its folder must exist, the file must not. The
   *     shim removes it when it ends
   */
  public Shim spawn(LaunchPlan plan, Path socket) throws IOException {
    ByteBuffer encoded = PlanEncoder.encode(plan);
    // Forked shims are alike, down to the addresses of their memory. Those that read what a guest
    // writes are not to be: who finds a way into one must not know the next one's.
    return plan.supervision().remote().isEmpty()
        ? spawn(encoded, socket, this::fork)
        : spawn(encoded, socket, this::load);
  }

  /** As above, with whatever {@code plan} is. */
  Shim spawn(ByteBuffer plan, Path socket) throws IOException {
    return spawn(plan, socket, this::fork);
  }

  /** A way to make a process that holds a plan and listens. */
  @FunctionalInterface
  private interface Birth {
    void begin(Descriptor plan, Descriptor listener, Path socket) throws IOException;
  }

  private static Shim spawn(ByteBuffer plan, Path socket, Birth birth) throws IOException {
    int length = socket.toString().getBytes(StandardCharsets.UTF_8).length;
    if (!socket.isAbsolute() || length > MAX_SOCKET_PATH_BYTES) {
      throw new IllegalArgumentException(
          "a shim's socket is an absolute path of at most "
              + MAX_SOCKET_PATH_BYTES
              + " bytes, not "
              + socket);
    }
    try (Descriptor planFile = MemoryFile.sealed("abode-plan", plan);
        Descriptor listener = UnixListener.listen(socket)) {
      try {
        birth.begin(planFile, listener, socket);
        return ShimConnection.watching(socket);
      } catch (IOException e) {
        Files.deleteIfExists(socket);
        throw e;
      }
    }
  }

  private void fork(Descriptor plan, Descriptor listener, Path socket) throws IOException {
    lock.lock();
    try {
      if (nursery.isEmpty()) {
        nursery = Optional.of(Nursery.open(program));
      }
      if (!nursery.get().fork(plan, listener, socket)) {
        nursery.get().close();
        nursery = Optional.empty(); // The next one opens another.
        load(plan, listener, socket);
      }
    } finally {
      lock.unlock();
    }
  }

  private void load(Descriptor plan, Descriptor listener, Path socket) throws IOException {
    int _ =
        Spawn.start(
            program,
            List.of("abode-init", "shim", socket.toString()),
            List.of(plan, listener),
            socket.resolveSibling("shim.log"));
  }

  /** The shims go on. */
  @Override
  public void close() {
    lock.lock();
    try {
      nursery.ifPresent(Nursery::close);
      nursery = Optional.empty();
      program.close();
    } finally {
      lock.unlock();
    }
  }
}
