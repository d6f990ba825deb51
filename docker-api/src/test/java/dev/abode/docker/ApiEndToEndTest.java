package dev.abode.docker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The API byte by byte, where clients depend on it. */
class ApiEndToEndTest {
  private static final Pattern ID = Pattern.compile("\"Id\":\"([0-9a-f]{64})\"");
  private static TestEngine engine;

  @BeforeAll
  static void open() throws IOException {
    engine = new TestEngine();
  }

  @AfterAll
  static void close() throws Exception {
    engine.close();
  }

  private static SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(engine.socket()));
  }

  private static String request(String method, String path, String body) {
    return method
        + " "
        + path
        + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
        + body.getBytes(UTF_8).length
        + "\r\n\r\n"
        + body;
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

  private static String readHead(SocketChannel channel) throws IOException {
    StringBuilder text = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (text.indexOf("\r\n\r\n") < 0 && channel.read(one.clear()) >= 0) {
      text.append((char) one.get(0));
    }
    return text.toString();
  }

  private static String call(String method, String path, String body) throws IOException {
    try (SocketChannel channel = connect()) {
      send(channel, request(method, path, body.replace('\'', '"')));
      return readAll(channel);
    }
  }

  private static String create(String more) throws IOException {
    String answer =
        call(
            "POST",
            "/containers/create",
            "{'Image':'"
                + TestEngine.IMAGE
                + "','HostConfig':{'NetworkMode':'none'},"
                + more
                + "}");
    Matcher id = ID.matcher(answer);
    assertThat(id.find()).as(answer).isTrue();
    return id.group(1);
  }

  @Test
  void aPingSaysWhatIsSpoken() throws IOException {
    assertThat(call("HEAD", "/_ping", ""))
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("Api-Version: 1.50\r\n", "Ostype: linux\r\n", "Content-Length: 2\r\n")
        .endsWith("\r\n\r\n");
    assertThat(call("GET", "/v1.24/_ping", "")).endsWith("\r\n\r\nOK");
  }

  @Test
  void whatIsNotThereIsToldAsDockerDoes() throws IOException {
    assertThat(call("GET", "/nonsense", ""))
        .startsWith("HTTP/1.1 404 ")
        .contains("{\"message\":\"page not found\"}");
    assertThat(call("GET", "/v1.99/info", ""))
        .startsWith("HTTP/1.1 400 ")
        .contains("too new. Maximum supported API version is 1.50");
    assertThat(call("GET", "/containers/nope/json", ""))
        .startsWith("HTTP/1.1 404 ")
        .contains("{\"message\":\"No such container: nope\"}");
    assertThat(call("GET", "/images/no/such:image/json", "")).startsWith("HTTP/1.1 404 ");
    assertThat(call("POST", "/containers/create", "{'Image':'no/such:image'}"))
        .startsWith("HTTP/1.1 404 ")
        .contains("No such image: no/such:image");
    assertThat(call("POST", "/containers/create", "{nonsense")).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void startingAndStoppingTwiceChangesNothing() throws IOException {
    String id = create("'Cmd':['sleep','1000']");

    assertThat(call("POST", "/containers/" + id + "/stop", "")).startsWith("HTTP/1.1 304 ");
    assertThat(call("POST", "/containers/" + id + "/start", "")).startsWith("HTTP/1.1 204 ");
    assertThat(call("POST", "/containers/" + id + "/start", "")).startsWith("HTTP/1.1 304 ");
    assertThat(call("DELETE", "/containers/" + id, "")).startsWith("HTTP/1.1 409 ");
    assertThat(call("POST", "/containers/" + id + "/kill", "")).startsWith("HTTP/1.1 204 ");
    assertThat(call("POST", "/containers/" + id + "/kill", "")).startsWith("HTTP/1.1 409 ");
    assertThat(call("DELETE", "/containers/" + id, "")).startsWith("HTTP/1.1 204 ");
    assertThat(call("DELETE", "/containers/" + id, "")).startsWith("HTTP/1.1 404 ");
  }

  /** {@code docker run} starts only after it has seen the head. */
  @Test
  void aWaitAnswersItsHeadAtOnceAndItsBodyAtTheEnd() throws IOException {
    String id = create("'Cmd':['sh','-c','exit 7']");
    try (SocketChannel waiting = connect()) {
      send(waiting, request("POST", "/containers/" + id + "/wait?condition=next-exit", ""));
      assertThat(readHead(waiting)).startsWith("HTTP/1.1 200 OK");

      call("POST", "/containers/" + id + "/start", "");

      assertThat(readAll(waiting)).contains("{\"StatusCode\":7}");
    }
    call("DELETE", "/containers/" + id, "");
  }

  @Test
  void attachedOutputIsFramedAndInputEndsByHalfClose() throws IOException {
    String id = create("'Cmd':['sh','-c','cat; echo e >&2'],'OpenStdin':true,'StdinOnce':true");
    try (SocketChannel streams = connect()) {
      send(
          streams,
          "POST /containers/"
              + id
              + "/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: x\r\n"
              + "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n");
      assertThat(readHead(streams))
          .startsWith("HTTP/1.1 101 ")
          .contains("Content-Type: application/vnd.docker.multiplexed-stream\r\n");
      call("POST", "/containers/" + id + "/start", "");
      send(streams, "in");
      streams.shutdownOutput();

      assertThat(readAll(streams)).isEqualTo("\1\0\0\0\0\0\0\2in" + "\2\0\0\0\0\0\0\2e\n");
    }
    call("DELETE", "/containers/" + id + "?force=1", "");
  }

  @Test
  void anExecWithoutUpgradeIsAPlainStream() throws IOException {
    String id = create("'Cmd':['sleep','1000']");
    call("POST", "/containers/" + id + "/start", "");
    String created =
        call(
            "POST",
            "/containers/" + id + "/exec",
            "{'AttachStdout':true,'Cmd':['sh','-c','echo x; exit 3']}");
    Matcher exec = ID.matcher(created);
    assertThat(exec.find()).as(created).isTrue();

    String output = call("POST", "/exec/" + exec.group(1) + "/start", "{}");

    assertThat(output).startsWith("HTTP/1.1 200 OK").endsWith("\1\0\0\0\0\0\0\2x\n");
    assertThat(call("GET", "/exec/" + exec.group(1) + "/json", ""))
        .contains("\"Running\":false", "\"ExitCode\":3");
    call("DELETE", "/containers/" + id + "?force=1", "");
  }

  @Test
  void warningsComeWithTheCreation() throws IOException {
    String answer =
        call(
            "POST",
            "/containers/create",
            "{'Image':'" + TestEngine.IMAGE + "','HostConfig':{'NetworkMode':'host'}}");

    assertThat(answer).startsWith("HTTP/1.1 201 ").contains("\"Warnings\":[\"");
    assertThat(
            call("POST", "/containers/create?name=twice", "{'Image':'" + TestEngine.IMAGE + "'}"))
        .startsWith("HTTP/1.1 201 ");
    assertThat(
            call("POST", "/containers/create?name=twice", "{'Image':'" + TestEngine.IMAGE + "'}"))
        .startsWith("HTTP/1.1 409 ")
        .contains("Conflict");
  }
}
