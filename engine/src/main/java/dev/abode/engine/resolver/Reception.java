package dev.abode.engine.resolver;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that waits for all listening sockets of all instances. It takes in what has come
 * and hands it on at once; answers are found on virtual threads, so no question waits for another.
 */
final class Reception implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Reception.class);

  private static final int MAX_DATAGRAM = 65_535;

  private final Selector selector;
  private final Thread thread;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(MAX_DATAGRAM);
  private final Queue<Runnable> chores = new ConcurrentLinkedQueue<>();

  /** What is to be done when something has come; runs on the reception's thread. */
  @FunctionalInterface
  interface Arrival {
    void take(SelectionKey key) throws IOException;
  }

  Reception() throws IOException {
    this.selector = Selector.open();
    this.thread = Thread.ofPlatform().name("resolver").daemon().start(this::receive);
  }

  /**
   * Calls {@code arrival} whenever {@code operation} of the channel, which does not block, is due.
   */
  void watch(SelectableChannel channel, int operation, Arrival arrival)
      throws ClosedChannelException {
    channel.register(selector, operation, arrival);
    selector.wakeup();
  }

  /** Room for one datagram, for the reception's thread alone. */
  ByteBuffer buffer() {
    return buffer.clear();
  }

  /** Leaves what comes in the kernel's queue, which drops what is too much. */
  void pause(SelectionKey key) {
    interest(key, 0);
  }

  /** Looks at the channel again after {@link #pause}. */
  void resume(SelectionKey key) {
    interest(key, SelectionKey.OP_READ);
    selector.wakeup();
  }

  private static void interest(SelectionKey key, int operation) {
    try {
      key.interestOps(operation);
    } catch (CancelledKeyException e) {
      LOGGER.debug("an instance's resolver was closed", e);
    }
  }

  /**
   * Returns when the descriptors of all channels that were closed before are closed in the kernel
   * too: a selector keeps them until it looks again, and with them the network namespace.
   */
  void forgetClosed() {
    if (!thread.isAlive() || Thread.currentThread() == thread) {
      return;
    }
    CountDownLatch forgotten = new CountDownLatch(1);
    chores.add(
        () -> {
          flush();
          forgotten.countDown();
        });
    selector.wakeup();
    try {
      forgotten.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void flush() {
    try {
      selector.selectNow();
    } catch (IOException e) {
      LOGGER.warn("the resolver cannot look at its sockets", e);
    }
  }

  private void receive() {
    try {
      while (selector.isOpen()) {
        selector.select();
        for (Runnable chore = chores.poll(); chore != null; chore = chores.poll()) {
          chore.run();
        }
        for (SelectionKey key : selector.selectedKeys()) {
          take(key);
        }
        selector.selectedKeys().clear();
      }
    } catch (ClosedSelectorException e) {
      LOGGER.debug("the resolver has ended", e);
    } catch (IOException e) {
      LOGGER.error("the resolver cannot wait for questions any more; start the engine anew", e);
    } finally {
      for (Runnable chore = chores.poll(); chore != null; chore = chores.poll()) {
        chore.run();
      }
    }
  }

  private static void take(SelectionKey key) {
    try {
      ((Arrival) key.attachment()).take(key);
    } catch (ClosedChannelException e) {
      LOGGER.debug("an instance's resolver was closed", e);
    } catch (IOException | RuntimeException e) {
      LOGGER.warn("a question to the resolver was lost", e);
    }
  }

  @Override
  public void close() throws IOException {
    selector.close();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
