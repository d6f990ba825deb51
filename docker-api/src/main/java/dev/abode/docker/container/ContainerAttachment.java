package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.http.Query;
import dev.abode.docker.http.Takeover;
import dev.abode.docker.route.Call;
import dev.abode.docker.stream.DetachKeys;
import dev.abode.docker.stream.StreamFormat;
import dev.abode.docker.stream.StreamSession;
import dev.abode.engine.Attachment;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.LogStream;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.instance.Streams;
import java.io.IOException;
import java.util.Optional;

/** {@code POST /containers/{id}/attach}: the connection becomes the workload's streams. */
final class ContainerAttachment {
  private final Engine engine;

  ContainerAttachment(Engine engine) {
    this.engine = engine;
  }

  void attach(Call call) throws IOException {
    Query query = call.query();
    Instance instance = engine.instance(call.parameter("id"));
    Streams streams = instance.info().spec().streams();
    StreamFormat format = StreamFormat.of(streams.terminal());
    boolean stdin = query.flag("stdin") && streams.openStdin();
    boolean stdout = query.flag("stdout");
    boolean stderr = query.flag("stderr");
    Optional<DetachKeys> detachKeys =
        streams.terminal()
            ? Optional.of(DetachKeys.parse(query.text("detachKeys")))
            : Optional.empty();
    refuseIfNotAttachable(instance);
    if (!query.flag("stream")) {
      replayOnly(call, instance, format, stdout, stderr);
      return;
    }
    Attachment attachment = instance.attach(stdin, stdout, stderr);
    try {
      Takeover client = call.exchange().takeOver(format.mediaType());
      StreamSession session = new StreamSession(client, attachment, format);
      if (query.flag("logs")) {
        replay(session, instance, stdout, stderr);
      }
      if (stdin) {
        session.both(detachKeys);
      } else {
        session.output();
      }
    } finally {
      attachment.close();
    }
  }

  private static void refuseIfNotAttachable(Instance instance) {
    InstanceStatus status = instance.info().state().status();
    if (status == InstanceStatus.PAUSED) {
      throw new ApiException(
          409, "container " + instance.id() + " is paused, unpause the container before attach");
    }
    if (status == InstanceStatus.RESTARTING) {
      throw new ApiException(
          409,
          "container " + instance.id() + " is restarting, wait until the container is running");
    }
  }

  private static void replayOnly(
      Call call, Instance instance, StreamFormat format, boolean stdout, boolean stderr)
      throws IOException {
    try (Takeover client = call.exchange().takeOver(format.mediaType())) {
      if (call.query().flag("logs")) {
        forEach(instance, stdout, stderr, piece -> StreamSession.send(client, format, piece));
      }
    }
  }

  private static void replay(
      StreamSession session, Instance instance, boolean stdout, boolean stderr) throws IOException {
    forEach(instance, stdout, stderr, session::send);
  }

  /** Takes a piece of output somewhere. */
  @FunctionalInterface
  private interface Sink {
    void take(LogLine piece) throws IOException;
  }

  private static void forEach(Instance instance, boolean stdout, boolean stderr, Sink sink)
      throws IOException {
    LogQuery all = new LogQuery(stdout, stderr, -1, Optional.empty(), Optional.empty(), false);
    try (LogStream log = instance.logs(all)) {
      for (Optional<LogLine> piece = log.next(); piece.isPresent(); piece = log.next()) {
        sink.take(piece.get());
      }
    }
  }
}
