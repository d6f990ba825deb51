package dev.abode.linux;

import static dev.abode.linux.Native.INT;
import static dev.abode.linux.Native.LONG;
import static dev.abode.linux.Native.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A terminal this process holds open: its line discipline and its size.
 *
 * <p>{@link #makeRaw} hands every key on as it is pressed, Ctrl-C included, and {@link #restore}
 * must follow on every path out of the program, or the user's shell is left without echo.
 *
 * @param descriptor an open file descriptor of a terminal
 */
public record Terminal(int descriptor) {
  /**
   * {@code sizeof(struct termios)} of glibc and musl on x86-64 and arm64 ({@code bits/termios.h}).
   */
  private static final int TERMIOS_BYTES = 60;

  /** {@code asm-generic/ioctls.h}. */
  private static final long TIOCGWINSZ = 0x5413;

  private static final long TIOCSWINSZ = 0x5414;

  /** {@code tcsetattr(3)}: at once, without waiting for output or dropping what was typed. */
  private static final int TCSANOW = 0;

  private static final MethodHandle TCGETATTR = Native.function("tcgetattr", INT, INT, POINTER);
  private static final MethodHandle TCSETATTR =
      Native.function("tcsetattr", INT, INT, INT, POINTER);
  private static final MethodHandle IOCTL =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("ioctl"),
              FunctionDescriptor.of(INT, INT, LONG, POINTER),
              Linker.Option.captureCallState("errno"),
              Linker.Option.firstVariadicArg(2));
  private static final MethodHandle CFMAKERAW =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("cfmakeraw"),
              FunctionDescriptor.ofVoid(POINTER));

  /** Rows and columns in characters; both 0 where nobody told the kernel. */
  public record Size(int rows, int columns) {
    public Size {
      if (rows < 0 || rows > 0xffff || columns < 0 || columns > 0xffff) {
        throw new IllegalArgumentException("not the size of a terminal: " + rows + " × " + columns);
      }
    }
  }

  /** The settings of a line discipline, as the kernel gave them and takes them back. */
  public static final class Settings {
    private final byte[] termios;

    private Settings(byte[] termios) {
      this.termios = termios;
    }

    /** The {@code struct termios}, for tests to compare. */
    byte[] bytes() {
      return termios.clone();
    }
  }

  /**
   * Switches to raw mode, {@code cfmakeraw(3)}.
   *
   * @return the settings before, for {@link #restore}
   * @throws KernelException ENOTTY if the descriptor is no terminal
   */
  public Settings makeRaw() throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = Native.errnoSegment(arena);
      MemorySegment termios = arena.allocate(TERMIOS_BYTES, Long.BYTES);
      check((int) TCGETATTR.invokeExact(capture, descriptor, termios), "tcgetattr", capture);
      Settings before = new Settings(termios.toArray(ValueLayout.JAVA_BYTE));
      CFMAKERAW.invokeExact(termios);
      check(
          (int) TCSETATTR.invokeExact(capture, descriptor, TCSANOW, termios), "tcsetattr", capture);
      return before;
    } catch (KernelException refused) {
      throw refused;
    } catch (Throwable thrown) {
      throw Native.impossible(thrown);
    }
  }

  /** Gives a terminal the settings it had. */
  public void restore(Settings settings) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = Native.errnoSegment(arena);
      MemorySegment termios = arena.allocate(TERMIOS_BYTES, Long.BYTES);
      termios.copyFrom(MemorySegment.ofArray(settings.termios));
      check(
          (int) TCSETATTR.invokeExact(capture, descriptor, TCSANOW, termios), "tcsetattr", capture);
    } catch (KernelException refused) {
      throw refused;
    } catch (Throwable thrown) {
      throw Native.impossible(thrown);
    }
  }

  /** Its size, {@code ioctl_tty(2)}. */
  public Size size() throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = Native.errnoSegment(arena);
      // struct winsize: four unsigned shorts, rows and columns first.
      MemorySegment size = arena.allocate(8, Short.BYTES);
      check(
          (int) IOCTL.invokeExact(capture, descriptor, TIOCGWINSZ, size),
          "ioctl TIOCGWINSZ",
          capture);
      return new Size(
          Short.toUnsignedInt(size.get(ValueLayout.JAVA_SHORT, 0)),
          Short.toUnsignedInt(size.get(ValueLayout.JAVA_SHORT, 2)));
    } catch (KernelException refused) {
      throw refused;
    } catch (Throwable thrown) {
      throw Native.impossible(thrown);
    }
  }

  /** Changes its size; who reads from it gets SIGWINCH. */
  public void resize(Size size) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = Native.errnoSegment(arena);
      MemorySegment winsize = arena.allocate(8, Short.BYTES);
      winsize.set(ValueLayout.JAVA_SHORT, 0, (short) size.rows());
      winsize.set(ValueLayout.JAVA_SHORT, 2, (short) size.columns());
      check(
          (int) IOCTL.invokeExact(capture, descriptor, TIOCSWINSZ, winsize),
          "ioctl TIOCSWINSZ",
          capture);
    } catch (KernelException refused) {
      throw refused;
    } catch (Throwable thrown) {
      throw Native.impossible(thrown);
    }
  }

  private void check(int result, String call, MemorySegment capture) throws KernelException {
    if (result < 0) {
      throw new KernelException(call, "descriptor " + descriptor, Native.errno(capture));
    }
  }
}
