package dev.abode.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code abode-front} before sockets that say all kinds of things; in the JVM's place is echo. */
class FrontTest {
  private static final String TAKEN =
      "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n\r\n";

  @TempDir private Path folder;

  private RunningEngine.Outcome front(Map<String, String> environment, String... words)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(Path.of("target/abode-front").toAbsolutePath().toString()));
    command.addAll(List.of("build", "/bin/echo", "jvm", "--"));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command);
    for (String name : List.of("ABODE_HOST", "DOCKER_HOST", "ABODE_ROOT", "TERM", "COLUMNS")) {
      builder.environment().remove(name);
    }
    for (String name : List.of("TZ", "NO_COLOR")) {
      builder.environment().remove(name);
    }
    builder.environment().putAll(environment);
    return RunningEngine.finish(builder.start());
  }

  private String host() {
    return "unix://" + folder.resolve("s");
  }

  private static String frame(int stream, String content) {
    byte[] bytes = content.getBytes(UTF_8);
    ByteBuffer header = ByteBuffer.allocate(8).putInt(stream << 24).putInt(bytes.length);
    return new String(header.array(), ISO_8859_1) + new String(bytes, ISO_8859_1);
  }

  private static String status(int status) {
    return frame(3, new String(ByteBuffer.allocate(4).putInt(status).array(), ISO_8859_1));
  }

  /** Answers one client so, and tells what it had asked. */
  private CompletableFuture<String> answering(String answer) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(folder.resolve("s")));
    CompletableFuture<String> asked = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try (listener;
                  SocketChannel client = listener.accept()) {
                asked.complete(request(Channels.newInputStream(client)));
                client.write(ByteBuffer.wrap(answer.getBytes(ISO_8859_1)));
              } catch (IOException e) {
                asked.completeExceptionally(e);
              }
            });
    return asked;
  }

  private static String request(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      head.write(in.read());
    }
    String text = head.toString(ISO_8859_1);
    int at = text.indexOf("Content-Length: ") + "Content-Length: ".length();
    int length = Integer.parseInt(text.substring(at, text.indexOf('\r', at)));
    return text.lines().findFirst().orElse("")
        + "\n"
        + new String(in.readNBytes(length), UTF_8).replace('\0', '|');
  }

  @Test
  void copiesWhatTheEnginePrintsAndEndsAsItSays() throws Exception {
    CompletableFuture<String> asked =
        answering(
            TAKEN + frame(1, "one ü\n") + frame(2, "wrong\n") + frame(1, "two\n") + status(7));
    RunningEngine.Outcome outcome =
        front(Map.of("COLUMNS", "80", "HOME", "/secret"), "-H", host(), "ps", "", "-a");
    assertThat(outcome).isEqualTo(new RunningEngine.Outcome(7, "one ü\ntwo\n", "wrong\n"));
    assertThat(asked.join()).isEqualTo("POST /abode/command HTTP/1.1\nbuild||COLUMNS=80||ps||-a|");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-"
      })
  void whatIsNotTakenTheJvmDoes(String answer) throws Exception {
    CompletableFuture<String> asked = answering(answer);
    assertThat(front(Map.of("ABODE_HOST", host()), "run", "--", "x y"))
        .isEqualTo(new RunningEngine.Outcome(0, "jvm run -- x y\n", ""));
    assertThat(asked.join()).endsWith("|run|--|x y|");
  }

  @Test
  void anEndInTheMiddleIsAnError() throws Exception {
    CompletableFuture<String> asked = answering(TAKEN + frame(1, "one\n"));
    RunningEngine.Outcome outcome = front(Map.of("DOCKER_HOST", host()), "ps");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.output()).isEqualTo("one\n");
    assertThat(outcome.errors()).contains("the engine ended before it had answered");
    assertThat(asked.join()).contains("|ps|");
  }

  @Test
  void whereNobodyListensOrTheAddressIsTheJvmsToFindTheJvmDoesIt() throws Exception {
    assertThat(front(Map.of(), "-H", host(), "ps").output())
        .isEqualTo("jvm -H " + host() + " ps\n");
    assertThat(front(Map.of(), "--host=tcp://x", "ps").output())
        .isEqualTo("jvm --host=tcp://x ps\n");
    assertThat(front(Map.of(), "--host").output()).isEqualTo("jvm --host\n");
    assertThat(front(Map.of("ABODE_HOST", "unix://"), "ps").output()).isEqualTo("jvm ps\n");
    assertThat(front(Map.of("ABODE_ROOT", "/nowhere"), "ps").output()).isEqualTo("jvm ps\n");
    assertThat(front(Map.of("ABODE_HOST", "unix:///" + "x".repeat(200)), "ps").output())
        .isEqualTo("jvm ps\n");
  }
}
