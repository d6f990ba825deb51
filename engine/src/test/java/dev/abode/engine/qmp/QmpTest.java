package dev.abode.engine.qmp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against hypervisors that behave as no QEMU does; the real one is in the tests of snapshots. */
class QmpTest {
  private static final String GREETING =
      "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}}}}\n";
  private static final String DONE = "{\"return\": {}}\n";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration LITTLE_PATIENCE = Duration.ofSeconds(2);

  @TempDir Path folder;
  private ServerSocketChannel server;

  @BeforeEach
  void listen() throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket()));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private Path socket() {
    return folder.resolve("qmp");
  }

  /** Says the first line at once, and each further one when it was told something. */
  private void speak(List<String> lines) {
    Thread.ofVirtual()
        .start(
            () -> {
              try (SocketChannel channel = server.accept()) {
                for (int i = 0; i < lines.size(); i++) {
                  if (i > 0 && channel.read(ByteBuffer.allocate(4096)) < 0) {
                    return;
                  }
                  ByteBuffer line = ByteBuffer.wrap(lines.get(i).getBytes(UTF_8));
                  while (line.hasRemaining()) {
                    channel.write(line);
                  }
                }
                while (channel.read(ByteBuffer.allocate(4096)) >= 0) {
                  // Stays silent until the other side has had enough.
                }
              } catch (IOException e) {
                return; // the other side has had enough
              }
            });
  }

  @Test
  void eventsBetweenQuestionAndAnswerAreKept() throws Exception {
    speak(
        List.of(
            GREETING,
            DONE,
            "{\"event\": \"STOP\", \"data\": {}}\n{\"return\": {\"status\": \"paused\"}}\n"));
    try (Qmp qmp = Qmp.connect(socket(), PATIENCE)) {
      assertThat(qmp.execute("query-status", Map.of())).containsEntry("status", "paused");
      assertThat(qmp.event("STOP").name()).isEqualTo("STOP");
    }
  }

  @Test
  void aRefusalIsQuoted() throws Exception {
    speak(List.of(GREETING, DONE, "{\"error\": {\"class\": \"X\", \"desc\": \"no such node\"}}\n"));
    try (Qmp qmp = Qmp.connect(socket(), PATIENCE)) {
      assertThatThrownBy(() -> qmp.execute("blockdev-del", Map.of("node-name", "x")))
          .isInstanceOf(QmpException.class)
          .hasMessage("QEMU refuses blockdev-del: no such node");
    }
  }

  @Test
  void whoSaysNothingLosesTheConnection() {
    speak(List.of(GREETING));
    assertThatThrownBy(() -> Qmp.connect(socket(), LITTLE_PATIENCE))
        .isInstanceOf(QmpException.class)
        .hasMessageContaining("did not answer to qmp_capabilities within 2000 ms");
  }

  /** Never stops saying that something happened. */
  private void babble() {
    Thread.ofVirtual()
        .start(
            () -> {
              try (SocketChannel channel = server.accept()) {
                channel.write(ByteBuffer.wrap((GREETING + DONE).getBytes(UTF_8)));
                while (true) {
                  channel.write(
                      ByteBuffer.wrap("{\"event\": \"X\", \"data\": {}}\n".getBytes(UTF_8)));
                }
              } catch (IOException e) {
                return; // the other side has had enough
              }
            });
  }

  @Test
  void whoNeverStopsTalkingAnswersNotEither() throws Exception {
    babble();
    try (Qmp qmp = Qmp.connect(socket(), LITTLE_PATIENCE)) {
      assertThatThrownBy(() -> qmp.execute("stop", Map.of()))
          .isInstanceOf(QmpException.class)
          .hasMessageContaining("did not answer to stop within 2000 ms");
    }
    babble();
    try (Qmp qmp = Qmp.connect(socket(), LITTLE_PATIENCE)) {
      assertThatThrownBy(() -> qmp.event("STOP"))
          .isInstanceOf(QmpException.class)
          .hasMessageContaining("did not answer to STOP");
    }
  }

  @Test
  void listsAndWordsAreReturnedAsTheyAre() throws Exception {
    speak(
        List.of(
            GREETING,
            DONE,
            "{\"return\": [{\"node-name\": \"a\"}, {\"node-name\": \"b\"}]}\n",
            "{\"return\": \"a\"}\n",
            DONE));
    try (Qmp qmp = Qmp.connect(socket(), PATIENCE)) {
      assertThat(qmp.list("query-named-block-nodes", Map.of()))
          .containsExactly(Map.of("node-name", "a"), Map.of("node-name", "b"));
      assertThat(qmp.word("qom-get", Map.of())).isEqualTo("a");
      assertThat(qmp.word("qom-get", Map.of())).isEmpty();
    }
  }

  @Test
  void nothingIsSaidToWhatIsNoQemu() {
    speak(List.of("{\"hello\": 1}\n"));
    assertThatThrownBy(() -> Qmp.connect(socket(), PATIENCE))
        .isInstanceOf(QmpException.class)
        .hasMessageContaining("does not greet as QEMU does");
  }

  @Test
  void noMessageMayGrowWithoutEnd() {
    speak(List.of("x".repeat(3 << 20)));
    assertThatThrownBy(() -> Qmp.connect(socket(), PATIENCE))
        .isInstanceOf(QmpException.class)
        .hasMessageContaining("a message of more than 1048576 bytes");
  }

  @Test
  void whatIsNoJsonIsAProtocolError() {
    speak(List.of("{\"QMP\": [}\n"));
    assertThatThrownBy(() -> Qmp.connect(socket(), PATIENCE))
        .isInstanceOf(QmpException.class)
        .hasMessageContaining("no JSON");
  }
}
