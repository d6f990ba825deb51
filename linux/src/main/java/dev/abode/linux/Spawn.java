package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * {@code posix_spawn(3)}: a process in a session of its own, with an empty environment, all signals
 * at their default, standard input and output on {@code /dev/null}, and exactly the descriptors it
 * is given. It costs a third of what {@link ProcessBuilder} does, which starts a second program in
 * between.
 */
public final class Spawn {
  /** Room for {@code posix_spawn_file_actions_t}, {@code posix_spawnattr_t}: 80, 336 in glibc. */
  private static final long OPAQUE_BYTES = 512;

  /** {@code sigset_t} of glibc and musl. */
  private static final long SIGNAL_SET_BYTES = 128;

  /** {@code POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID} of spawn.h. */
  private static final short FLAGS = 0x04 | 0x08 | 0x80;

  private static final int O_RDWR = 2;

  /** {@code O_WRONLY | O_CREAT | O_APPEND}, the same on x86-64 and arm64. */
  private static final int APPEND = 1 | 0x40 | 0x400;

  private static final MethodHandle ACTIONS_INIT =
      Native.function("posix_spawn_file_actions_init", Native.INT, Native.POINTER);
  private static final MethodHandle ACTIONS_DESTROY =
      Native.function("posix_spawn_file_actions_destroy", Native.INT, Native.POINTER);
  private static final MethodHandle ADD_DUP2 =
      Native.function(
          "posix_spawn_file_actions_adddup2", Native.INT, Native.POINTER, Native.INT, Native.INT);
  private static final MethodHandle ADD_OPEN =
      Native.function(
          "posix_spawn_file_actions_addopen",
          Native.INT,
          Native.POINTER,
          Native.INT,
          Native.POINTER,
          Native.INT,
          Native.INT);
  private static final MethodHandle ATTRIBUTES_INIT =
      Native.function("posix_spawnattr_init", Native.INT, Native.POINTER);
  private static final MethodHandle ATTRIBUTES_DESTROY =
      Native.function("posix_spawnattr_destroy", Native.INT, Native.POINTER);
  private static final MethodHandle SET_FLAGS =
      Native.function(
          "posix_spawnattr_setflags", Native.INT, Native.POINTER, ValueLayout.JAVA_SHORT);
  private static final MethodHandle SET_DEFAULT =
      Native.function("posix_spawnattr_setsigdefault", Native.INT, Native.POINTER, Native.POINTER);
  private static final MethodHandle SET_MASK =
      Native.function("posix_spawnattr_setsigmask", Native.INT, Native.POINTER, Native.POINTER);
  private static final MethodHandle SPAWN =
      Native.function(
          "posix_spawn",
          Native.INT,
          Native.POINTER,
          Native.POINTER,
          Native.POINTER,
          Native.POINTER,
          Native.POINTER,
          Native.POINTER);

  private Spawn() {}

  /**
   * Starts {@code program}; it is reaped by this JVM without further ado when it ends.
   *
   * @param program an executable file, by descriptor
   * @param arguments the first is the program's name for itself
   * @param descriptors become descriptors 3, 4 and so on
   * @param errors standard error, appended to; made if missing
   * @return its pid
   */
  public static int start(
      Descriptor program, List<String> arguments, List<Descriptor> descriptors, Path errors)
      throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = Native.errnoSegment(arena);
      String path = "/proc/self/fd/" + program.number();
      MemorySegment actions = arena.allocate(OPAQUE_BYTES, 16);
      check((int) ACTIONS_INIT.invokeExact(capture, actions), path);
      MemorySegment attributes = arena.allocate(OPAQUE_BYTES, 16);
      check((int) ATTRIBUTES_INIT.invokeExact(capture, attributes), path);
      try {
        addStreams(capture, arena, actions, errors);
        for (int i = 0; i < descriptors.size(); i++) {
          int from = descriptors.get(i).number();
          check((int) ADD_DUP2.invokeExact(capture, actions, from, 3 + i), path);
        }
        MemorySegment all = arena.allocate(SIGNAL_SET_BYTES, 8).fill((byte) 0xff);
        MemorySegment none = arena.allocate(SIGNAL_SET_BYTES, 8);
        check((int) SET_FLAGS.invokeExact(capture, attributes, FLAGS), path);
        check((int) SET_DEFAULT.invokeExact(capture, attributes, all), path);
        check((int) SET_MASK.invokeExact(capture, attributes, none), path);
        MemorySegment pid = arena.allocate(Native.INT);
        int error =
            (int)
                SPAWN.invokeExact(
                    capture,
                    pid,
                    Native.string(arena, path),
                    actions,
                    attributes,
                    strings(arena, arguments),
                    strings(arena, List.of()));
        if (error != 0) {
          throw new KernelException("posix_spawn", arguments.getFirst(), error);
        }
        int started = pid.get(Native.INT, 0);
        Reaper.adopt(started);
        return started;
      } finally {
        int _ = (int) ACTIONS_DESTROY.invokeExact(capture, actions);
        int _ = (int) ATTRIBUTES_DESTROY.invokeExact(capture, attributes);
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  /**
   * Waits until a process that was started here has ended and is reaped.
   *
   * @param pid of a process that its caller knows not to be another's by now
   * @return false when it has not ended in time
   */
  public static boolean awaitEnd(int pid, Duration patience) throws InterruptedException {
    return Reaper.await(pid, patience);
  }

  private static void addStreams(
      MemorySegment capture, Arena arena, MemorySegment actions, Path errors) throws Throwable {
    MemorySegment nothing = Native.string(arena, "/dev/null");
    for (int stream = 0; stream < 2; stream++) {
      check((int) ADD_OPEN.invokeExact(capture, actions, stream, nothing, O_RDWR, 0), "/dev/null");
    }
    MemorySegment file = Native.string(arena, errors.toString());
    check((int) ADD_OPEN.invokeExact(capture, actions, 2, file, APPEND, 0600), errors.toString());
  }

  private static void check(int error, String subject) throws KernelException {
    if (error != 0) {
      throw new KernelException("posix_spawn", subject, error);
    }
  }

  /** A NULL-terminated array of strings, as {@code execve(2)} takes it. */
  private static MemorySegment strings(Arena arena, List<String> strings) {
    MemorySegment array = arena.allocate(Native.POINTER, strings.size() + 1);
    for (int i = 0; i < strings.size(); i++) {
      array.setAtIndex(Native.POINTER, i, Native.string(arena, strings.get(i)));
    }
    return array;
  }
}
