package dev.abode.cli.terminal;

import dev.abode.cli.command.Session;
import dev.abode.linux.Terminal;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Signals to this process that are meant for the workload.
 *
 * <p>{@code sun.misc.Signal} is the JDK's own supported way ({@code jdk.unsupported}, JEP 260): the
 * JVM blocks signals in its threads, so a {@code signalfd} of ours would never see one.
 */
public final class Signals {
  private static final String[] FORWARDED = {"INT", "TERM", "HUP", "USR1", "CONT", "ALRM"};

  private Signals() {}

  /** What the sending of a signal does. */
  public interface Target {
    void accept(String signal) throws IOException;
  }

  /** Hands every signal on, by its name with {@code SIG}, instead of ending this process. */
  public static void forward(Target target) {
    for (String name : FORWARDED) {
      handle(
          name,
          () -> {
            try {
              target.accept("SIG" + name);
            } catch (IOException gone) {
              // The workload has ended meanwhile; its exit is on its way to us.
            }
          });
    }
  }

  /** Tells the size of the terminal on standard output now, and whenever it changes. */
  public static void followSize(Consumer<Terminal.Size> resized) throws IOException {
    Terminal terminal = new Terminal(Session.STDOUT);
    handle(
        "WINCH",
        () -> {
          try {
            resized.accept(terminal.size());
          } catch (IOException gone) {
            // Without a terminal there is no size to tell.
          }
        });
    resized.accept(terminal.size());
  }

  /** Does something on SIGINT and SIGTERM instead of ending this process. */
  public static void onEnd(Runnable action) {
    handle("INT", action);
    handle("TERM", action);
  }

  /**
   * {@code Signal.handle(new Signal(name), handler)}, by reflection: javac warns of these classes,
   * supported or not, in a way that cannot be suppressed, and here a warning is an error.
   */
  private static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              handler.getClassLoader(), new Class<?>[] {handler}, new Handling(action));
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (InvocationTargetException taken) {
      // The JVM keeps some to itself, and some systems lack some: those do what they always do.
    } catch (ReflectiveOperationException missing) {
      throw new IllegalStateException("this Java has no module jdk.unsupported", missing);
    }
  }

  /** A {@code SignalHandler}: its one method of its own, and those of every object. */
  private record Handling(Runnable action) implements InvocationHandler {
    @Override
    @SuppressWarnings("ReferenceEquality") // A handler is equal to itself only.
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) {
      return switch (method.getName()) {
        case "handle" -> {
          action.run();
          yield null;
        }
        case "equals" -> arguments != null && proxy == arguments[0];
        case "hashCode" -> System.identityHashCode(proxy);
        default -> "a handler of signals";
      };
    }
  }
}
