package dev.abode.engine.resolver;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection, on which it may ask again before it has the last answer: RFC 7766
 * section 6.2.1. Answers go out as they are found, in any order.
 */
final class Conversation {
  private static final Logger LOGGER = LoggerFactory.getLogger(Conversation.class);

  /** A client that keeps a connection and asks nothing: RFC 7766 section 6.2.3. */
  private static final int IDLE_MILLIS = 10_000;

  private final SocketChannel connection;
  private final Answering answering;
  private final Semaphore questions;
  private final Runnable answered;
  private final ReentrantLock writing = new ReentrantLock();

  /** One party for the connection itself, one for each question. */
  private final Phaser underWay = new Phaser(1);

  /**
   * @param questions gives a permit for each question
   * @param answered gives it back
   */
  Conversation(
      SocketChannel connection, Answering answering, Semaphore questions, Runnable answered) {
    this.connection = connection;
    this.answering = answering;
    this.questions = questions;
    this.answered = answered;
  }

  /** Goes on until the client leaves or falls silent. */
  void hold() throws IOException, InterruptedException {
    connection.configureBlocking(true);
    connection.socket().setTcpNoDelay(true);
    connection.socket().setSoTimeout(IDLE_MILLIS);
    DataInputStream input = new DataInputStream(connection.socket().getInputStream());
    OutputStream output = connection.socket().getOutputStream();
    try {
      while (true) {
        byte[] message = new byte[input.readUnsignedShort()];
        input.readFully(message);
        if (!Query.deservesAnswer(message)) {
          return;
        }
        questions.acquire();
        underWay.register();
        Thread.ofVirtual().name("dns").start(() -> answer(message, output));
      }
    } catch (EOFException | SocketTimeoutException e) {
      // It has asked all it wanted, and may still be listening.
      underWay.arriveAndAwaitAdvance();
    }
  }

  private void answer(byte[] message, OutputStream output) {
    try {
      byte[] answer = answering.answer(message, true);
      byte[] framed = new byte[2 + answer.length];
      Header.word(framed, 0, answer.length);
      System.arraycopy(answer, 0, framed, 2, answer.length);
      writing.lock();
      try {
        output.write(framed);
      } finally {
        writing.unlock();
      }
    } catch (IOException e) {
      LOGGER.debug("a client of the resolver left before its answer came", e);
    } catch (RuntimeException e) {
      LOGGER.warn("a question could not be answered", e);
    } finally {
      underWay.arriveAndDeregister();
      answered.run();
    }
  }
}
