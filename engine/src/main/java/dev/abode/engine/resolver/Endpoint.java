package dev.abode.engine.resolver;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Both sockets of one address, and the questions that came there and are not answered yet. How many
 * those may be is bounded, so that an instance that asks without end is in its own way only.
 */
final class Endpoint implements Listener {
  private static final Logger LOGGER = LoggerFactory.getLogger(Endpoint.class);
  private static final int MAX_QUESTIONS = 256;
  private static final int MAX_CONNECTIONS = 64;

  /** So many datagrams are taken in before other sockets have their turn. */
  private static final int TURN = 64;

  private final Reception reception;
  private final Sockets sockets;
  private final Answering answering;
  private final Consumer<Endpoint> whenClosed;
  private final Semaphore questions = new Semaphore(MAX_QUESTIONS);
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
  private volatile Optional<SelectionKey> paused = Optional.empty();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param sockets which are the endpoint's from now on
   * @param whenClosed called once
   */
  Endpoint(
      Reception reception, Sockets sockets, Answering answering, Consumer<Endpoint> whenClosed) {
    this.reception = reception;
    this.sockets = sockets;
    this.answering = answering;
    this.whenClosed = whenClosed;
  }

  /** Begins to answer. */
  void begin() throws IOException {
    reception.watch(sockets.datagrams(), SelectionKey.OP_READ, this::takeDatagrams);
    reception.watch(sockets.streams(), SelectionKey.OP_ACCEPT, key -> accept());
  }

  // ---- datagrams

  private void takeDatagrams(SelectionKey key) throws IOException {
    for (int taken = 0; taken < TURN; taken++) {
      if (!questions.tryAcquire()) {
        pause(key);
        return;
      }
      if (!takeDatagram()) {
        answered();
        return;
      }
    }
  }

  /** Hands on one datagram with the permit that is held for it; false if there is none. */
  private boolean takeDatagram() throws IOException {
    ByteBuffer buffer = reception.buffer();
    SocketAddress from;
    try {
      from = sockets.datagrams().receive(buffer);
    } catch (IOException | RuntimeException e) {
      answered();
      throw e;
    }
    if (from == null) {
      return false;
    }
    byte[] message = new byte[buffer.flip().remaining()];
    buffer.get(message);
    Thread.ofVirtual().name("dns").start(() -> answerDatagram(message, from));
    return true;
  }

  private void answerDatagram(byte[] message, SocketAddress from) {
    try {
      if (Query.deservesAnswer(message)) {
        // When the client's buffer is full the answer is lost, as on any network.
        sockets.datagrams().send(ByteBuffer.wrap(answering.answer(message, false)), from);
      }
    } catch (IOException e) {
      LOGGER.debug("an answer could not be sent to {}", from, e);
    } catch (RuntimeException e) {
      LOGGER.warn("a question could not be answered", e);
    } finally {
      answered();
    }
  }

  private void pause(SelectionKey key) {
    reception.pause(key);
    paused = Optional.of(key);
    // All may have been answered between the look and the note.
    if (questions.availablePermits() > 0) {
      resume();
    }
  }

  private void answered() {
    questions.release();
    resume();
  }

  private void resume() {
    Optional<SelectionKey> key = paused;
    if (key.isPresent()) {
      paused = Optional.empty();
      reception.resume(key.get());
    }
  }

  // ---- connections

  private void accept() throws IOException {
    SocketChannel connection = sockets.streams().accept();
    if (connection == null) {
      return;
    }
    if (connections.size() >= MAX_CONNECTIONS) {
      connection.close();
      return;
    }
    connections.add(connection);
    if (closed.get()) {
      leave(connection);
      return;
    }
    Thread.ofVirtual().name("dns-tcp").start(() -> serve(connection));
  }

  private void serve(SocketChannel connection) {
    try {
      new Conversation(connection, answering, questions, this::answered).hold();
    } catch (IOException e) {
      LOGGER.debug("a client of the resolver left", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      leave(connection);
    }
  }

  private void leave(SocketChannel connection) {
    connections.remove(connection);
    try {
      connection.close();
    } catch (IOException e) {
      LOGGER.debug("a connection to the resolver was not closed cleanly", e);
    }
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    try {
      sockets.close();
    } catch (IOException e) {
      LOGGER.warn("the resolver's sockets on {} were not closed cleanly", sockets.address(), e);
    }
    connections.forEach(this::leave);
    reception.forgetClosed();
    whenClosed.accept(this);
  }
}
