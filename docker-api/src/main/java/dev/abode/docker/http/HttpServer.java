package dev.abode.docker.http;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections and answers their requests, each connection on a virtual thread of its own.
 * Accepting itself sits on a platform thread.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpServer.class);

  private final ServerSocketChannel listener;
  private final Handler handler;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private final Thread acceptor;

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

  private void accept() {
    while (listener.isOpen()) {
      try {
        SocketChannel channel = listener.accept();
        open.add(channel);
        Thread.ofVirtual().name("http").start(() -> serve(channel));
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
    try (channel) {
      new Connection(channel, handler).serve();
    } catch (IOException e) {
      log.debug("A client left: {}", e.toString());
    } finally {
      open.remove(channel);
    }
  }

  /** Stops accepting and ends all connections, whatever they are doing. */
  @Override
  public void close() throws IOException {
    listener.close();
    for (SocketChannel channel : open) {
      channel.close();
    }
  }
}
