package dev.abode.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.ExecInfo;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.instance.LogSpec;
import dev.abode.engine.instance.Streams;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.EngineCase;
import dev.abode.engine.testing.TestEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What goes into instances and comes out of them: attachments, exec sessions, logs. */
abstract class StreamsContract extends EngineCase {
  private static final Streams WITH_INPUT = new Streams(false, true, true);
  private static final Streams TERMINAL = new Streams(true, true, true);

  private Instance sleeping() throws Exception {
    return run(shell("sleep 1000"));
  }

  private static ExecSpec exec(Streams streams, String... command) {
    return new ExecSpec(
        List.of(command), List.of(), Optional.empty(), Optional.empty(), false, streams, 0, 0);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  @Test
  void missesNothingWhenAttachedBeforeTheStart() throws Exception {
    for (int i = 0; i < 5; i++) {
      Instance instance = engine.create(shell("echo first; echo second").build());
      try (Attachment attachment = instance.attach(false, true, true)) {
        instance.start();
        assertThat(TestEngine.read(attachment)).isEqualTo("first\nsecond\n");
      }
    }
  }

  @Test
  void passesInputOn() throws Exception {
    Instance instance = engine.create(program("cat").streams(WITH_INPUT).build());
    try (Attachment attachment = instance.attach(true, true, true)) {
      instance.start();
      attachment.write(bytes("over and "));
      attachment.write(bytes("back\n"));
      attachment.endInput();
      assertThat(TestEngine.read(attachment)).isEqualTo("over and back\n");
    }
    assertThat(instance.await(WaitCondition.NOT_RUNNING).exitCode()).isZero();
  }

  @Test
  void letsGoOfAnAttachmentWhoseStartFails() throws Exception {
    Instance instance = engine.create(program("no-such-program").build());
    try (Attachment attachment = instance.attach(false, true, true)) {
      assertThatThrownBy(instance::start).isInstanceOf(EngineException.class);
      assertThat(attachment.read()).isEmpty();
    }
  }

  @Test
  void givesATerminalAndItsSize() throws Exception {
    Instance instance =
        engine.create(
            shell("stty size; read line; until stty size | grep '33 44'; do sleep 0.01; done")
                .streams(TERMINAL)
                .terminalRows(11)
                .terminalColumns(22)
                .build());
    try (Attachment attachment = instance.attach(true, true, true)) {
      instance.start();
      StringBuilder seen = new StringBuilder();
      while (!seen.toString().contains("11 22")) {
        seen.append(UTF_8.decode(attachment.read().orElseThrow().bytes()));
      }
      instance.resize(33, 44);
      attachment.write(bytes("go\n"));
      assertThat(TestEngine.read(attachment)).contains("33 44");
    }
  }

  @Test
  void keepsATerminalWhoseClientLeaves() throws Exception {
    Instance instance =
        engine.create(
            shell("read first; echo got $first; read second; echo got $second")
                .streams(TERMINAL)
                .build());
    try (Attachment attachment = instance.attach(true, true, true)) {
      instance.start();
      attachment.write(bytes("one\n"));
      StringBuilder seen = new StringBuilder();
      while (!seen.toString().contains("got one")) {
        seen.append(UTF_8.decode(attachment.read().orElseThrow().bytes()));
      }
    }
    try (Attachment attachment = instance.attach(true, true, true)) {
      attachment.write(bytes("two\n"));
      assertThat(TestEngine.read(attachment)).contains("got two");
    }
    assertThat(instance.await(WaitCondition.NOT_RUNNING).exitCode()).isZero();
  }

  @Test
  void executesBesideTheWorkload() throws Exception {
    Instance instance = sleeping();
    Exec exec = instance.exec(exec(Streams.OUTPUT_ONLY, "sh", "-c", "echo in; id -u; exit 9"));
    assertThat(engine.execInfo(exec.id()).running()).isFalse();
    try (Attachment attachment = exec.start()) {
      assertThat(TestEngine.read(attachment)).isEqualTo("in\n0\n");
    }
    assertThat(exec.await()).isEqualTo(9);
    ExecInfo info = engine.execInfo(exec.id());
    assertThat(info.exitCode()).hasValue(9);
    assertThatThrownBy(exec::start).hasMessageContaining("has already run");
    assertThat(instance.info().execIds()).isEmpty();
  }

  @Test
  void tellsWhyNothingWasExecuted() throws Exception {
    Instance instance = sleeping();
    Exec missing = instance.exec(exec(Streams.OUTPUT_ONLY, "no-such-program"));
    assertThatThrownBy(missing::startDetached)
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.COMMAND_NOT_FOUND));
    assertThat(missing.info().exitCode()).hasValue(127);
    Exec folder = instance.exec(exec(Streams.OUTPUT_ONLY, "/etc"));
    assertThatThrownBy(folder::startDetached).isInstanceOf(EngineException.class);
    assertThat(folder.info().exitCode()).hasValue(126);
  }

  @Test
  void executesWithUserFolderAndEnvironment() throws Exception {
    Instance instance = sleeping();
    ExecSpec spec =
        new ExecSpec(
            List.of("sh", "-c", "id -un; pwd; echo $GREETING"),
            List.of("GREETING=hello"),
            Optional.of("/tmp"),
            Optional.of("nobody"),
            false,
            Streams.OUTPUT_ONLY,
            0,
            0);
    try (Attachment attachment = instance.exec(spec).start()) {
      assertThat(TestEngine.read(attachment)).isEqualTo("nobody\n/tmp\nhello\n");
    }
  }

  @Test
  void endsItsExecSessionsWithTheInstance() throws Exception {
    Instance instance = sleeping();
    Exec exec = instance.exec(exec(Streams.OUTPUT_ONLY, "sleep", "1000"));
    exec.startDetached();
    assertThat(exec.info().running()).isTrue();
    assertThat(instance.info().execIds()).containsExactly(exec.id());
    instance.kill("KILL");
    assertThat(exec.await()).isEqualTo(137);
  }

  @Test
  @Tag("slow")
  void keepsManyBusyStreamsApart() throws Exception {
    int sessions = 30;
    int size = 10 << 20;
    Instance instance = sleeping();
    List<Future<Boolean>> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < sessions; i++) {
        long seed = i;
        Callable<Boolean> roundTrip = () -> comesBackWhole(instance, seed, size);
        results.add(threads.submit(roundTrip));
      }
    }
    for (Future<Boolean> result : results) {
      assertThat(result.get()).isTrue();
    }
  }

  /** Sends random bytes through {@code cat} and compares what comes back. */
  private static boolean comesBackWhole(Instance instance, long seed, int size) throws Exception {
    Exec exec = instance.exec(exec(WITH_INPUT, "cat"));
    try (Attachment attachment = exec.start()) {
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    Random random = new Random(seed);
                    byte[] chunk = new byte[100_000];
                    try {
                      for (int sent = 0; sent < size; sent += chunk.length) {
                        random.nextBytes(chunk);
                        attachment.write(
                            ByteBuffer.wrap(chunk, 0, Math.min(chunk.length, size - sent)));
                      }
                      attachment.endInput();
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  });
      Random expected = new Random(seed);
      byte[] chunk = new byte[100_000];
      int at = chunk.length;
      int received = 0;
      for (Optional<LogLine> piece = attachment.read();
          piece.isPresent();
          piece = attachment.read()) {
        ByteBuffer bytes = piece.get().bytes();
        while (bytes.hasRemaining()) {
          if (at == chunk.length) {
            expected.nextBytes(chunk);
            at = 0;
          }
          if (bytes.get() != chunk[at++]) {
            return false;
          }
          received++;
        }
      }
      writer.join();
      return received == size && exec.await() == 0;
    }
  }

  @Test
  void followsALogThroughItsRotations() throws Exception {
    int lines = 3000;
    Instance instance =
        engine.create(
            shell("i=0; while [ $i -lt " + lines + " ]; do i=$((i+1)); echo line $i; done")
                .log(new LogSpec(true, 65_536, 3))
                .build());
    instance.start();
    StringBuilder text = new StringBuilder();
    try (LogStream log =
        instance.logs(new LogQuery(true, true, -1, Optional.empty(), Optional.empty(), true))) {
      for (Optional<LogLine> line = log.next(); line.isPresent(); line = log.next()) {
        text.append(UTF_8.decode(line.get().bytes()));
      }
    }
    List<String> seen = text.toString().lines().toList();
    assertThat(seen).doesNotHaveDuplicates();
    assertThat(seen.getLast()).isEqualTo("line " + lines);
    assertThat(
            TestEngine.log(
                instance, new LogQuery(true, true, 2, Optional.empty(), Optional.empty(), false)))
        .isEqualTo("line 2999\nline 3000\n");
    try (var parts = Files.list(instance.info().logFile().orElseThrow().getParent())) {
      assertThat(parts.count()).isLessThanOrEqualTo(3);
    }
  }

  @Test
  @Tag("slow")
  void losesNoLineOfALargeLog() throws Exception {
    long lines = largeLogBytes() >> 10;
    Instance instance =
        run(
            shell("yes " + "x".repeat(1000) + " | head -n " + lines + " | cat -n")
                .log(new LogSpec(true, 2 * largeLogBytes(), 1)));
    assertThat(instance.await(WaitCondition.NOT_RUNNING).exitCode()).isZero();
    long next = 0;
    try (LogStream log = instance.logs(LogQuery.ALL)) {
      for (Optional<LogLine> line = log.next(); line.isPresent(); line = log.next()) {
        // A number in six columns or more, a tabulator, and what was repeated.
        ByteBuffer bytes = line.get().bytes();
        int number = bytes.remaining() - 1002;
        String start = US_ASCII.decode(bytes.slice(bytes.position(), number)).toString();
        if (Long.parseLong(start.strip()) != ++next) {
          throw new AssertionError("line " + next + " is not the next one but " + start);
        }
      }
    }
    assertThat(next).isEqualTo(lines);
  }

  /** How much is logged to see whether all of it is there. */
  abstract long largeLogBytes();

  @Test
  void endsAFollowThatIsClosed() throws Exception {
    Instance instance = sleeping();
    LogStream log =
        instance.logs(new LogQuery(true, true, -1, Optional.empty(), Optional.empty(), true));
    Thread closer = Thread.ofVirtual().start(log::close);
    assertThat(log.next()).isEmpty();
    closer.join();
  }

  @Test
  void refusesTheLogOfWhatKeepsNone() throws Exception {
    Instance instance =
        engine.create(shell("echo unheard").log(new LogSpec(false, 1 << 20, 1)).build());
    instance.start();
    instance.await(WaitCondition.NOT_RUNNING);
    assertThatThrownBy(() -> instance.logs(LogQuery.ALL))
        .hasMessageStartingWith("configured logging driver does not support reading");
  }

  @Test
  void goesOnWithANewEngine() throws Exception {
    Instance instance =
        run(
            shell("echo begun; read line; echo got $line")
                .streams(new Streams(false, true, false)));
    engine = test.reopen();
    Instance adopted = engine.instance(instance.id());
    assertThat(adopted.info().state().status()).isEqualTo(InstanceStatus.RUNNING);
    try (Attachment attachment = adopted.attach(true, true, true)) {
      attachment.write(bytes("hello\n"));
      assertThat(TestEngine.read(attachment)).contains("got hello");
    }
    assertThat(adopted.await(WaitCondition.NOT_RUNNING).exitCode()).isZero();
  }
}
