package dev.abode.docker.stream;

import dev.abode.docker.http.Takeover;
import dev.abode.engine.Attachment;
import dev.abode.engine.instance.LogLine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection on one side, a workload's streams on the other. Two threads: this one moves
 * output until there is no more, another one moves input until the client ends it, types the detach
 * keys or leaves.
 */
public final class StreamSession {
  private static final Logger log = LoggerFactory.getLogger(StreamSession.class);
  private static final int INPUT_BYTES = 16 * 1024;

  /** How long a client may go on sending to a workload that has ended. */
  private static final Duration FAREWELL = Duration.ofSeconds(5);

  private final Takeover client;
  private final Attachment workload;
  private final StreamFormat format;
  private final End end;
  private Optional<Thread> input = Optional.empty();
  private volatile boolean detached;

  /** Waits for something that must be so before a client sees the end of the output. */
  @FunctionalInterface
  public interface End {
    void await() throws InterruptedException;
  }

  public StreamSession(Takeover client, Attachment workload, StreamFormat format) {
    this(client, workload, format, () -> {});
  }

  /**
   * @param end what to wait for at the end of the output: a client that asks for an exit status
   *     when it has seen the end must find one
   */
  public StreamSession(Takeover client, Attachment workload, StreamFormat format, End end) {
    this.client = client;
    this.workload = workload;
    this.format = format;
    this.end = end;
  }

  /** Moves output to the client, and nothing the other way. Returns at the end of the output. */
  public void output() throws IOException {
    try (client;
        workload) {
      Optional<LogLine> piece = workload.read();
      while (piece.isPresent()) {
        send(piece.get());
        piece = workload.read();
      }
      if (!detached) {
        end.await();
        leave();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      if (!detached) {
        throw e;
      }
    }
  }

  /**
   * Moves both ways; returns at the end of the output or when the client detaches.
   *
   * @param detachKeys absent when there is no terminal to type them into
   */
  public void both(Optional<DetachKeys> detachKeys) throws IOException {
    input = Optional.of(Thread.ofVirtual().name("stdin").start(() -> input(detachKeys)));
    output();
  }

  /**
   * Ends the output, and reads what the client is still sending until it leaves too. A socket that
   * is closed with something unread resets the connection, and the client takes that for a failure.
   */
  private void leave() throws IOException, InterruptedException {
    if (input.isPresent()) {
      workload.close();
      client.endOutput();
      input.get().join(FAREWELL);
    }
  }

  /** Sends one piece of output. */
  public void send(LogLine piece) throws IOException {
    send(client, format, piece);
  }

  /** Sends one piece of output to a client. */
  public static void send(Takeover client, StreamFormat format, LogLine piece) throws IOException {
    ByteBuffer bytes = piece.bytes().duplicate();
    client.write(format.header(piece.stream(), bytes.remaining()), bytes);
  }

  private void input(Optional<DetachKeys> detachKeys) {
    ByteBuffer buffer = ByteBuffer.allocate(INPUT_BYTES);
    boolean wanted = true;
    try {
      while (client.read(buffer.clear()) >= 0) {
        buffer.flip();
        ByteBuffer passed = detachKeys.map(keys -> keys.pass(buffer)).orElse(buffer);
        wanted = wanted && pass(passed);
        if (detachKeys.filter(DetachKeys::detached).isPresent()) {
          detach();
          return;
        }
      }
      if (wanted) {
        workload.endInput();
      }
    } catch (IOException e) {
      log.debug("Input ended: {}", e.toString());
    }
  }

  /** Passes input on; false when the workload has ended, whose output may still be on its way. */
  private boolean pass(ByteBuffer bytes) {
    try {
      if (bytes.hasRemaining()) {
        workload.write(bytes);
      }
      return true;
    } catch (IOException e) {
      log.debug("The workload takes no more input: {}", e.toString());
      return false;
    }
  }

  private void detach() throws IOException {
    detached = true;
    workload.close();
    client.close();
  }
}
