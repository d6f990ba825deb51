package dev.abode.docker.http;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections and answers their requests, each connection on a thread of its own. Accepting
 * itself sits on a platform thread.
 *
 * <p>The first {@value #PLATFORM_CONNECTIONS} connections get platform threads, which the kernel
 * wakes by itself when a request comes. A virtual one is woken by way of two others, and on a
 * machine that idles each of them has a processor to wake. Further connections get virtual threads.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpServer.class);

  private static final int PLATFORM_CONNECTIONS = 48;
  private static final int IDLE_SECONDS = 10;

  private final ServerSocketChannel listener;
  private final Handler handler;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private final Thread acceptor;
  private final ExecutorService threads = threads();

  /** Answers one request; an exception that it throws before it has answered is a 500. */
  @FunctionalInterface
  public interface Handler {
    void handle(Exchange exchange) throws Exception;
  }

  private HttpServer(ServerSocketChannel listener, Handler handler, String name) {
    this.listener = listener;
    this.handler = handler;
    this.acceptor = Thread.ofPlatform().name("accept " + name).daemon().unstarted(this::accept);
  }

  /** Serves a bound listener until closed. The listener is closed with the server. */
  public static HttpServer start(ServerSocketChannel listener, Handler handler, String name) {
    HttpServer server = new HttpServer(listener, handler, name);
    server.acceptor.start();
    return server;
  }

  private static ExecutorService threads() {
    return new ThreadPoolExecutor(
        0,
        PLATFORM_CONNECTIONS,
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        Thread.ofPlatform().name("http").daemon().factory(),
        (connection, full) -> Thread.ofVirtual().name("http").start(connection));
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        SocketChannel channel = listener.accept();
        open.add(channel);
        threads.execute(() -> serve(channel));
      } catch (IOException e) {
        if (listener.isOpen()) {
          log.warn("Could not accept a connection; going on with the next: {}", e.toString());
          pauseAfterFailure();
        }
      }
    }
  }

  /** Out of descriptors, accept(2) fails at once again and again: leave others time to close. */
  private static void pauseAfterFailure() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(SocketChannel channel) {
    Connection connection = new Connection(channel, handler);
    try (channel) {
      connection.serve();
    } catch (IOException e) {
      log.debug("A client left: {}", e.toString());
    } finally {
      open.remove(channel);
      // Nobody may interrupt this thread for this connection once it serves another one.
      connection.input.endReadAhead();
      boolean _ = Thread.interrupted();
    }
  }

  /** Stops accepting and ends all connections, whatever they are doing. */
  @Override
  public void close() throws IOException {
    listener.close();
    for (SocketChannel channel : open) {
      channel.close();
    }
    threads.shutdown();
  }
}
