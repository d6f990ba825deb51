package dev.abode.docker.http;

import dev.abode.docker.failure.ApiException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client's connection: one request after the other until one of the two has enough. */
final class Connection {
  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  final SocketChannel channel;
  final ConnectionInput input;
  private final HttpServer.Handler handler;

  Connection(SocketChannel channel, HttpServer.Handler handler) {
    this.channel = channel;
    this.input = new ConnectionInput(channel);
    this.handler = handler;
  }

  void serve() throws IOException {
    boolean more = true;
    while (more) {
      input.awaitReadAhead();
      RequestHead head;
      try {
        head = RequestHead.read(input);
      } catch (ApiException e) {
        refuse(e);
        return;
      }
      more = !head.isEnd() && answer(new Exchange(this, head));
    }
  }

  private boolean answer(Exchange exchange) throws IOException {
    try {
      handler.handle(exchange);
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      log.error("{} {} failed", exchange.method(), exchange.path(), e);
      if (exchange.committed()) {
        return false;
      }
      exchange.respond(500, "text/plain", new byte[0]);
    }
    return exchange.finish();
  }

  /** A request that could not be read. Where the next one would begin is unknown: close. */
  private void refuse(ApiException e) throws IOException {
    byte[] body =
        ("{\"message\":\"" + String.valueOf(e.getMessage()).replace('"', '\'') + "\"}\n")
            .getBytes(StandardCharsets.UTF_8);
    String head =
        "HTTP/1.1 "
            + e.status()
            + " "
            + StatusText.of(e.status())
            + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    write(ByteBuffer.wrap(head.getBytes(StandardCharsets.ISO_8859_1)), ByteBuffer.wrap(body));
  }

  /** Writes all of the buffers, in one system call if the socket takes it. */
  void write(ByteBuffer... buffers) throws IOException {
    int first = 0;
    while (first < buffers.length) {
      if (!buffers[first].hasRemaining()) {
        first++;
      } else {
        channel.write(buffers, first, buffers.length - first);
      }
    }
  }
}
