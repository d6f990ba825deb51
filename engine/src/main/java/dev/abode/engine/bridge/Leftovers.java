package dev.abode.engine.bridge;

import dev.abode.linux.KernelException;
import dev.abode.linux.Links;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Interfaces of instances that have ended. The kernel takes them away with the network namespace
 * they lead into, a moment later and at no cost to anybody who waits; what something still holds
 * open then, such as an instance that shared the namespace, is taken away here.
 */
final class Leftovers implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Leftovers.class);
  private static final long PATIENCE_MILLIS = 2000;

  private final Links links;
  private final Deque<Leftover> waiting = new ArrayDeque<>();
  private boolean running;
  private boolean closed;

  private record Leftover(String name, long due) {}

  Leftovers(Links links) {
    this.links = links;
  }

  synchronized void add(String name) {
    waiting.add(new Leftover(name, System.nanoTime() + PATIENCE_MILLIS * 1_000_000));
    if (!running && !closed) {
      running = true;
      Thread.ofVirtual().name("leftovers").start(this::run);
    }
  }

  private void run() {
    try {
      while (true) {
        long wait = takeDue();
        if (wait < 0) {
          return;
        }
        Thread.sleep(wait); // until the next is due: this is a clock, and waits for nobody
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes away what is due; returns the milliseconds until the next is, or -1 at the end. */
  private synchronized long takeDue() {
    while (!waiting.isEmpty() && !closed) {
      long left = (waiting.getFirst().due() - System.nanoTime()) / 1_000_000;
      if (left > 0) {
        return left;
      }
      delete(waiting.removeFirst().name());
    }
    running = false;
    return -1;
  }

  private void delete(String name) {
    try {
      links.delete(name);
    } catch (KernelException e) {
      LOGGER.warn("the interface {} of an instance that ended could not be taken away", name, e);
    }
  }

  /** Takes all of them away at once. */
  @Override
  public synchronized void close() {
    closed = true;
    waiting.forEach(leftover -> delete(leftover.name()));
    waiting.clear();
  }
}
