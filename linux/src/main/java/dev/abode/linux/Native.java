package dev.abode.linux;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The one place where this module meets the C library: how a function is found, how {@code errno}
 * is captured, how a string crosses. Every binding of the module is built with {@link #function}.
 *
 * <p>A handle made here takes a capture segment (see {@link #errnoSegment}) as its first argument,
 * because the JVM may itself change {@code errno} between the call and any later look.
 */
final class Native {
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  static final AddressLayout POINTER = ValueLayout.ADDRESS;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private Native() {}

  /** A C library function whose {@code errno} is captured. {@code result} and arguments as in C. */
  static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        Linker.Option.captureCallState("errno"));
  }

  /**
   * {@code syscall(2)} itself, for calls the C library has no name for: the number and {@code
   * count} arguments, each passed as a {@code long}. {@code firstVariadicArg(1)} matters to some
   * ABIs.
   */
  static MethodHandle syscall(int count) {
    MemoryLayout[] arguments = new MemoryLayout[count + 1];
    java.util.Arrays.fill(arguments, LONG);
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(LONG, arguments),
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(1));
  }

  /** What x86-64, or arm64 with the generic tables of asm-generic, calls something. */
  static long number(long x86, long generic) {
    return System.getProperty("os.arch", "").equals("amd64") ? x86 : generic;
  }

  /** Where a call's {@code errno} is put; lives as long as {@code arena}. */
  static MemorySegment errnoSegment(Arena arena) {
    return arena.allocate(CAPTURE);
  }

  static int errno(MemorySegment capture) {
    return (int) ERRNO.get(capture, 0L);
  }

  /** {@code text} as a NUL-terminated UTF-8 string; refuses an embedded NUL, which C would cut. */
  static MemorySegment string(Arena arena, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a NUL character in \"" + text.replace("\0", "\\0") + '"');
    }
    return arena.allocateFrom(text);
  }

  /** What a binding throws when a method handle itself fails, which no caller can act upon. */
  static AssertionError impossible(Throwable thrown) {
    if (thrown instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (thrown instanceof Error error) {
      throw error;
    }
    return new AssertionError(thrown);
  }
}
