package dev.abode.cli.terminal;

import dev.abode.cli.command.Session;
import dev.abode.linux.KernelException;
import dev.abode.linux.Terminal;
import java.io.IOException;

/** The user's terminal in raw mode; closing it, or the end of this process, restores it. */
public final class RawMode implements AutoCloseable {
  private final Terminal terminal;
  private final Terminal.Settings before;
  private final Thread atExit;

  private RawMode(Terminal terminal, Terminal.Settings before) {
    this.terminal = terminal;
    this.before = before;
    this.atExit = new Thread(this::restore, "restore-terminal");
  }

  /** Switches the terminal on standard input to raw mode. */
  public static RawMode enter() throws IOException {
    Terminal terminal = new Terminal(Session.STDIN);
    RawMode mode = new RawMode(terminal, terminal.makeRaw());
    // A signal that ends this process leaves no other chance.
    Runtime.getRuntime().addShutdownHook(mode.atExit);
    return mode;
  }

  private void restore() {
    try {
      terminal.restore(before);
    } catch (KernelException gone) {
      // The terminal was hung up, and nobody looks at it any more.
    }
  }

  @Override
  public void close() {
    restore();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException exiting) {
      // The hook runs, and does the same once more.
    }
  }
}
