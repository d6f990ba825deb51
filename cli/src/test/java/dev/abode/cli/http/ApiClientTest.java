package dev.abode.cli.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.cli.json.Json;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against a server that says, byte for byte, what a test tells it to. */
class ApiClientTest {
  @TempDir private Path folder;
  private ServerSocketChannel listener;
  private ApiClient client;

  /** What the server was sent, up to the empty line after a head; then what tests read on. */
  private final BlockingQueue<String> heads = new LinkedBlockingQueue<>();

  private final BlockingQueue<SocketChannel> connections = new LinkedBlockingQueue<>();

  @BeforeEach
  void listen() throws IOException {
    Path socket = folder.resolve("s");
    listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(socket));
    client = new ApiClient(socket);
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    listener.close();
  }

  /** Serves one connection: an answer for each request, then hangs up if {@code hangUp}. */
  private void serve(boolean hangUp, String... answers) {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                SocketChannel connection = listener.accept();
                connections.add(connection);
                InputStream in = Channels.newInputStream(connection);
                OutputStream out = Channels.newOutputStream(connection);
                for (String answer : answers) {
                  heads.add(readHead(in));
                  out.write(answer.getBytes(StandardCharsets.UTF_8));
                }
                if (hangUp) {
                  connection.close();
                }
              } catch (IOException failed) {
                heads.add("failed: " + failed);
              }
            });
  }

  private static String readHead(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int octet = in.read();
      if (octet < 0) {
        throw new EOFException("after " + head);
      }
      head.append((char) octet);
    }
    return head.toString();
  }

  @Test
  void aBodyOfKnownLengthIsReadAndTheConnectionKept() throws Exception {
    serve(
        false,
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
    assertThat(client.get("/one").json().number("a")).isEqualTo(1);
    client.delete("/two").close();
    assertThat(client.get("/three").json().items()).isEmpty();
    assertThat(heads.take()).startsWith("GET /one HTTP/1.1\r\nHost: ");
    assertThat(heads.take()).startsWith("DELETE /two HTTP/1.1\r\n");
    assertThat(heads.take()).startsWith("GET /three HTTP/1.1\r\n");
  }

  @Test
  void chunksAreJoinedAndTrailersDropped() throws Exception {
    serve(
        false,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nz");
    assertThat(client.get("/").text()).isEqualTo("abc0123456789");
    assertThat(client.get("/").text()).isEqualTo("z");
  }

  @Test
  void aBodyWithoutLengthEndsWithTheConnection() throws Exception {
    serve(true, "HTTP/1.0 200 OK\r\n\r\nall of it");
    assertThat(client.get("/").text()).isEqualTo("all of it");
  }

  @Test
  void theAnswerToHeadHasNoBodyWhateverItsLength() throws Exception {
    serve(
        false,
        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nX-Stat: s\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nz");
    try (Reply reply = client.send("HEAD", "/", Map.of(), ApiClient.Body.none())) {
      assertThat(reply.header("x-stat")).isEqualTo("s");
    }
    assertThat(client.get("/").text()).isEqualTo("z");
  }

  @Test
  void aRefusalIsTheEnginesSentence() {
    serve(
        true,
        "HTTP/1.1 404 Not Found\r\nContent-Length: 32\r\n\r\n{\"message\":\"No such thing: box\"}\n");
    assertThatThrownBy(() -> client.get("/"))
        .isInstanceOfSatisfying(
            ApiException.class,
            refusal -> {
              assertThat(refusal.status()).isEqualTo(404);
              assertThat(refusal).hasMessage("No such thing: box");
            });
  }

  @Test
  void streamsAreSentInChunks() throws Exception {
    serve(false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    client
        .send(
            "PUT",
            "/archive",
            Map.of("X-Extra", "1"),
            ApiClient.Body.tar(
                new ByteArrayInputStream("tarball".getBytes(StandardCharsets.UTF_8))))
        .close();
    assertThat(heads.take())
        .contains(
            "X-Extra: 1\r\n", "Content-Type: application/x-tar", "Transfer-Encoding: chunked");
    InputStream rest = Channels.newInputStream(connections.take());
    assertThat(new String(rest.readNBytes(17), StandardCharsets.UTF_8))
        .isEqualTo("7\r\ntarball\r\n0\r\n\r\n");
  }

  @Test
  void aTakenOverConnectionEndsOneWayAtATime() throws Exception {
    serve(false, "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\nfirst");
    try (TakenOver streams = client.takeOver("/attach", ApiClient.Body.none())) {
      assertThat(heads.take()).contains("Connection: Upgrade\r\n", "Upgrade: tcp\r\n");
      assertThat(new String(streams.in().readNBytes(5), StandardCharsets.UTF_8)).isEqualTo("first");
      SocketChannel server = connections.take();
      streams.out().write("typed".getBytes(StandardCharsets.UTF_8));
      streams.endInput();
      InputStream in = Channels.newInputStream(server);
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("typed");
      Channels.newOutputStream(server).write("last".getBytes(StandardCharsets.UTF_8));
      server.shutdownOutput();
      assertThat(new String(streams.in().readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("last");
    }
  }

  @Test
  void anAnswerCutShortIsAnError() {
    serve(true, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    assertThatThrownBy(() -> client.get("/").text())
        .isInstanceOf(EOFException.class)
        .hasMessage("the engine closed the connection in the middle of its answer");
  }

  @Test
  void whatIsNotHttpIsSaidSo() {
    serve(true, "SSH-2.0-x\r\n\r\n");
    assertThatThrownBy(() -> client.get("/")).hasMessageContaining("does not speak HTTP");
  }

  @Test
  void valuesThatFollowEachOtherComeOneByOne() throws Exception {
    String[] messages = {"{\"a\":\"}{\\\"\"}", "{\"b\":{\"c\":1}}"};
    serve(true, "HTTP/1.1 200 OK\r\n\r\n" + messages[0] + "\r\n\n" + messages[1]);
    List<Json> found = new ArrayList<>();
    try (Reply reply = client.get("/events")) {
      Json.parseAll(reply.body()).forEach(found::add);
    }
    assertThat(found).containsExactly(Json.parse(messages[0]), Json.parse(messages[1]));
  }

  @Test
  void queriesLeaveEmptyValuesOutAndEncodeTheRest() {
    assertThat(ApiClient.query("/x", "a", "", "b", "1 2&3/ä", "c", "+"))
        .isEqualTo("/x?b=1%202%263%2F%C3%A4&c=%2B");
  }
}
