package dev.abode.docker.stream;

import dev.abode.docker.http.Takeover;
import dev.abode.engine.Attachment;
import dev.abode.engine.instance.LogLine;
import java.io.IOException;
import java.nio.ByteBuffer;
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

  private final Takeover client;
  private final Attachment workload;
  private final StreamFormat format;
  private final End end;
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
    Thread.ofVirtual().name("stdin").start(() -> input(detachKeys));
    output();
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
    try {
      while (client.read(buffer.clear()) >= 0) {
        buffer.flip();
        ByteBuffer passed = detachKeys.map(keys -> keys.pass(buffer)).orElse(buffer);
        if (passed.hasRemaining()) {
          workload.write(passed);
        }
        if (detachKeys.filter(DetachKeys::detached).isPresent()) {
          detach();
          return;
        }
      }
      workload.endInput();
    } catch (IOException e) {
      // The workload has ended or does not read any more; its output may still be on its way.
      log.debug("Input ended: {}", e.toString());
    }
  }

  private void detach() throws IOException {
    detached = true;
    workload.close();
    client.close();
  }
}
