package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.http.Query;
import dev.abode.docker.route.Call;
import dev.abode.docker.stream.StreamFormat;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.LogStream;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.LogQuery;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/** {@code GET /containers/{id}/logs}. */
final class ContainerLogs {
  private static final String PLAIN = "application/octet-stream";

  private final Engine engine;

  ContainerLogs(Engine engine) {
    this.engine = engine;
  }

  void logs(Call call) throws IOException {
    LogQuery wanted = query(call.query());
    Instance instance = engine.instance(call.parameter("id"));
    InstanceSpec spec = instance.info().spec();
    if (!spec.log().kept()) {
      throw ApiException.unsupported("configured logging driver does not support reading");
    }
    StreamFormat format = StreamFormat.of(spec.streams().terminal());
    boolean timestamps = call.query().flag("timestamps");
    try (LogStream log = instance.logs(wanted)) {
      OutputStream answer =
          call.exchange().stream(200, call.version().atLeast(42) ? format.mediaType() : PLAIN);
      if (wanted.follow()) {
        answer.flush();
        call.exchange().whenClientLeaves(log::close);
      }
      write(log, answer, format, timestamps, wanted.follow());
    }
  }

  private static void write(
      LogStream log, OutputStream answer, StreamFormat format, boolean timestamps, boolean flush)
      throws IOException {
    boolean[] inLine = new boolean[3];
    Optional<LogLine> next = log.next();
    while (next.isPresent()) {
      LogLine line = next.get();
      ByteBuffer bytes = line.bytes().duplicate();
      // A long line comes in parts; only its first one gets a time.
      byte[] prefix =
          timestamps && !inLine[line.stream()]
              ? (GoTime.fixed(line.time()) + " ").getBytes(StandardCharsets.US_ASCII)
              : new byte[0];
      inLine[line.stream()] = !endsLine(bytes);
      write(answer, format.header(line.stream(), prefix.length + bytes.remaining()));
      answer.write(prefix);
      write(answer, bytes);
      if (flush) {
        answer.flush();
      }
      next = log.next();
    }
  }

  private static boolean endsLine(ByteBuffer bytes) {
    return bytes.hasRemaining() && bytes.get(bytes.limit() - 1) == '\n';
  }

  private static void write(OutputStream answer, ByteBuffer bytes) throws IOException {
    if (bytes.hasArray()) {
      answer.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    } else {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      answer.write(copy);
    }
  }

  private static LogQuery query(Query query) {
    boolean stdout = query.flag("stdout");
    boolean stderr = query.flag("stderr");
    if (!stdout && !stderr) {
      throw ApiException.invalid("Bad parameters: you must choose at least one stream");
    }
    Instant now = Instant.now();
    return new LogQuery(
        stdout,
        stderr,
        tail(query.text("tail").orElse("all")),
        time(query, "since", now),
        time(query, "until", now),
        query.flag("follow"));
  }

  private static Optional<Instant> time(Query query, String name, Instant now) {
    return query.text(name).filter(text -> !text.equals("0")).map(t -> GoTime.parse(t, now));
  }

  /** As Docker: what is no number means all of it. */
  private static long tail(String text) {
    try {
      return Math.max(-1, Long.parseLong(text));
    } catch (NumberFormatException _) {
      return -1;
    }
  }
}
