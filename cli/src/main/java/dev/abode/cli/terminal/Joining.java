package dev.abode.cli.terminal;

import dev.abode.cli.command.Session;
import dev.abode.cli.http.TakenOver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedChannelException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Joins this command's standard streams to those of a workload, until its output ends or the user
 * detaches.
 *
 * <p>Two threads: the caller's copies output, a daemon thread copies input, which may be blocked in
 * a read of the terminal for ever.
 *
 * @param tty whether the workload has a terminal: its output is one stream then, and not framed
 * @param input whether our standard input goes to the workload
 * @param detachKeys used only with a terminal
 */
public record Joining(boolean tty, boolean input, String detachKeys) {

  /** How it ended. */
  public enum End {
    OUTPUT_ENDED,
    DETACHED
  }

  /** Copies until the end. The terminal, if there is one, is raw meanwhile. */
  public End run(Session session, TakenOver connection) throws IOException {
    boolean raw = tty && input && session.isTerminal(Session.STDIN);
    try (AutoCloseable _ = raw ? RawMode.enter() : () -> {}) {
      return copy(session, connection);
    } catch (IOException | RuntimeException failed) {
      throw failed;
    } catch (Exception impossible) {
      throw new AssertionError(impossible);
    }
  }

  private End copy(Session session, TakenOver connection) throws IOException {
    AtomicBoolean detached = new AtomicBoolean();
    if (input) {
      Optional<DetachKeys> keys =
          tty ? Optional.of(DetachKeys.parse(detachKeys)) : Optional.empty();
      Thread.ofPlatform()
          .name("standard-input")
          .daemon()
          .start(() -> copyInput(session.in(), connection, keys, detached));
    }
    try {
      if (tty) {
        Frames.copyRaw(connection.in(), session.out());
      } else {
        Frames.copy(connection.in(), session.out(), session.err());
      }
    } catch (ClosedChannelException closed) {
      if (!detached.get()) {
        throw closed;
      }
    }
    return detached.get() ? End.DETACHED : End.OUTPUT_ENDED;
  }

  private static void copyInput(
      InputStream in, TakenOver connection, Optional<DetachKeys> keys, AtomicBoolean detached) {
    byte[] buffer = new byte[16 * 1024];
    try {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (keys.isEmpty()) {
          connection.out().write(buffer, 0, count);
          continue;
        }
        ByteArrayOutputStream typed = new ByteArrayOutputStream();
        boolean leave = keys.get().feed(buffer, count, typed);
        if (typed.size() > 0) {
          connection.out().write(typed.toByteArray());
        }
        if (leave) {
          detached.set(true);
          connection.close();
          return;
        }
      }
      connection.endInput();
    } catch (IOException gone) {
      // The workload has ended or closed its input; the other thread learns how it went.
    }
  }
}
