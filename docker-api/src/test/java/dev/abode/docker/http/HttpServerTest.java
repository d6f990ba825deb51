package dev.abode.docker.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpServerTest {
  @TempDir Path folder;

  private HttpServer server;
  private final CountDownLatch clientLeft = new CountDownLatch(1);

  @BeforeEach
  void start() throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(folder.resolve("s")));
    server = HttpServer.start(listener, this::answer, "test");
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private void answer(Exchange exchange) throws Exception {
    switch (exchange.path()) {
      case "/echo" -> exchange.respond(200, "text/plain", exchange.body().readAllBytes());
      case "/ignore" -> exchange.respond(200, "text/plain", bytes("ignored"));
      case "/nothing" -> exchange.respond(204);
      case "/stream" -> {
        OutputStream out = exchange.stream(200, "text/plain");
        out.write(bytes("one"));
        out.flush();
        out.write(bytes("two"));
      }
      case "/broken" -> {
        OutputStream out = exchange.stream(200, "text/plain");
        out.write(bytes("begun"));
        out.flush();
        throw new IllegalStateException("on purpose");
      }
      case "/fail" -> throw new IllegalStateException("on purpose");
      case "/watch" -> {
        OutputStream out = exchange.stream(200, "text/plain");
        out.flush();
        exchange.whenClientLeaves(clientLeft::countDown);
        clientLeft.await();
      }
      case "/watched-briefly" -> {
        exchange.whenClientLeaves(() -> {});
        exchange.respond(200, "text/plain", bytes("quick"));
      }
      case "/takeover" -> takeOver(exchange);
      default -> exchange.respond(404, "text/plain", bytes("?"));
    }
  }

  /** Sends back in capitals what comes, and says good-bye when the other side has ended. */
  private static void takeOver(Exchange exchange) throws IOException {
    try (Takeover client = exchange.takeOver("application/vnd.docker.raw-stream")) {
      ByteBuffer buffer = ByteBuffer.allocate(100);
      while (client.read(buffer.clear()) >= 0) {
        String text = StandardCharsets.US_ASCII.decode(buffer.flip()).toString();
        client.write(ByteBuffer.wrap(bytes(text.toUpperCase(Locale.ROOT))));
      }
      client.write(ByteBuffer.wrap(bytes("bye")));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")));
  }

  private static void send(SocketChannel channel, String text) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private static String readAll(SocketChannel channel) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    while (channel.read(buffer.clear()) >= 0) {
      all.write(buffer.array(), 0, buffer.position());
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  private static String readUntil(SocketChannel channel, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (text.indexOf(end) < 0 && channel.read(one.clear()) >= 0) {
      text.append((char) one.get(0));
    }
    return text.toString();
  }

  /** Sends requests of which the last one closes, and returns everything that comes back. */
  private String exchange(String requests) throws IOException {
    try (SocketChannel channel = connect()) {
      send(channel, requests);
      return readAll(channel);
    }
  }

  @Test
  void bodiesOfBothKindsAndSeveralRequestsOnOneConnection() throws IOException {
    String answers =
        exchange(
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfirst"
                + "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3;ext=1\r\nsec\r\n3\r\nond\r\n0\r\nTrailer: x\r\n\r\n"
                + "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    assertThat(answers)
        .contains("Content-Length: 5\r\n\r\nfirst")
        .contains("Content-Length: 6\r\n\r\nsecond")
        .contains("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  }

  @Test
  void aBodyNobodyReadIsSkipped() throws IOException {
    String answers =
        exchange(
            "POST /ignore HTTP/1.1\r\nContent-Length: 9\r\n\r\nGET / BADHEAD"
                    .replace("BADHEAD", "xyz")
                + "GET /nothing HTTP/1.1\r\nConnection: close\r\n\r\n");

    assertThat(answers).contains("ignored").contains("204");
  }

  @Test
  void aStreamIsChunkedAndEndsProperly() throws IOException {
    String answer = exchange("GET /stream HTTP/1.1\r\nConnection: close\r\n\r\n");

    assertThat(answer).endsWith("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
  }

  @Test
  void aStreamToAnOldClientEndsWithTheConnection() throws IOException {
    String answer = exchange("GET /stream HTTP/1.0\r\n\r\n");

    assertThat(answer).doesNotContain("chunked").endsWith("\r\n\r\nonetwo");
  }

  @Test
  void aStreamThatBreaksOffHasNoEnd() throws IOException {
    String answer = exchange("GET /broken HTTP/1.1\r\n\r\n");

    assertThat(answer).endsWith("5\r\nbegun\r\n");
  }

  @Test
  void aHandlerThatThrowsIsAnError() throws IOException {
    assertThat(exchange("GET /fail HTTP/1.1\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 500 ");
  }

  @Test
  void aHeadRequestGetsTheHeadOnly() throws IOException {
    String answer = exchange("HEAD /ignore HTTP/1.1\r\nConnection: close\r\n\r\n");

    assertThat(answer).contains("Content-Length: 7").endsWith("\r\n\r\n");
  }

  @Test
  void whoAsksFirstIsToldToContinue() throws IOException {
    try (SocketChannel channel = connect()) {
      send(
          channel,
          "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n"
              + "Content-Length: 2\r\n\r\n");
      assertThat(readUntil(channel, "\r\n\r\n")).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      send(channel, "ok");
      assertThat(readAll(channel)).endsWith("\r\n\r\nok");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length : 1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        "POST /echo\r\n\r\n",
        "nonsense\r\n\r\n"
      })
  void framingThatCanBeReadInTwoWaysIsRefused(String request) throws IOException {
    assertThat(exchange(request)).startsWith("HTTP/1.1 400 ").contains("Connection: close");
  }

  @Test
  void aHeadWithoutEndIsRefused() throws IOException {
    String head = "GET /nothing HTTP/1.1\r\nX: " + "x".repeat((1 << 20) + 10);

    assertThat(exchange(head)).startsWith("HTTP/1.1 431 ");
  }

  @Test
  void theEndOfAClientIsNoticedWhileAnAnswerTakesLong() throws Exception {
    try (SocketChannel channel = connect()) {
      send(channel, "GET /watch HTTP/1.1\r\n\r\n");
      assertThat(readUntil(channel, "\r\n\r\n")).startsWith("HTTP/1.1 200 OK");
    }

    assertThat(clientLeft.await(2, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  void aWatchedConnectionServesTheNextRequest() throws IOException {
    try (SocketChannel channel = connect()) {
      for (int i = 0; i < 3; i++) {
        send(channel, "GET /watched-briefly HTTP/1.1\r\n\r\n");
        assertThat(readUntil(channel, "quick")).endsWith("quick");
      }
    }
  }

  @Test
  void aTakeoverIsTwoWayAndKnowsHalfClose() throws IOException {
    try (SocketChannel channel = connect()) {
      send(
          channel,
          "POST /takeover HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
              + "Content-Length: 0\r\n\r\nhello");
      assertThat(readUntil(channel, "HELLO"))
          .startsWith("HTTP/1.1 101 UPGRADED\r\n")
          .contains("Content-Type: application/vnd.docker.raw-stream\r\n")
          .contains("Upgrade: tcp\r\n")
          .endsWith("\r\n\r\nHELLO");
      channel.shutdownOutput();
      assertThat(readAll(channel)).isEqualTo("bye");
    }
  }

  @Test
  void aTakeoverWithoutUpgradeIsAPlainStream() throws IOException {
    try (SocketChannel channel = connect()) {
      send(channel, "POST /takeover HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
      channel.shutdownOutput();
      assertThat(readAll(channel)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nbye");
    }
  }
}
