package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.failure.Failure;
import dev.abode.docker.http.Takeover;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.docker.stream.DetachKeys;
import dev.abode.docker.stream.StreamFormat;
import dev.abode.docker.stream.StreamSession;
import dev.abode.engine.Attachment;
import dev.abode.engine.Engine;
import dev.abode.engine.Exec;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.ExecInfo;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.Streams;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Further processes in running containers. */
public final class ExecRoutes {
  private final Engine engine;

  public ExecRoutes(Engine engine) {
    this.engine = engine;
  }

  public List<Route> routes() {
    return List.of(
        Route.post("/containers/{id}/exec", this::create),
        Route.post("/exec/{id}/start", this::start),
        Route.post("/exec/{id}/resize", this::resize),
        Route.get("/exec/{id}/json", this::inspect));
  }

  private void create(Call call) throws IOException {
    ExecSpec spec = spec(call.document());
    Exec exec = engine.instance(call.parameter("id")).exec(spec);
    call.respond(201, new JsonDocument().with("Id", exec.id()));
  }

  static ExecSpec spec(JsonObject body) {
    List<String> command = body.textOrTexts("Cmd").orElse(List.of());
    if (command.isEmpty()) {
      throw ApiException.invalid("No exec command specified");
    }
    List<Long> size = body.numbers("ConsoleSize").orElse(List.of(0L, 0L));
    if (size.size() != 2) {
      throw ApiException.invalid("ConsoleSize must be [height, width]");
    }
    boolean stdin = body.flag("AttachStdin");
    return new ExecSpec(
        command,
        body.texts("Env"),
        body.nonEmptyText("WorkingDir"),
        body.nonEmptyText("User"),
        body.flag("Privileged"),
        new Streams(body.flag("Tty"), stdin, stdin),
        size.get(0).intValue(),
        size.get(1).intValue());
  }

  private void start(Call call) throws IOException, InterruptedException {
    JsonObject body = call.document();
    Exec exec = engine.exec(call.parameter("id"));
    if (body.flag("Detach")) {
      exec.startDetached();
      call.respond(200);
      return;
    }
    ExecSpec spec = exec.info().spec();
    StreamFormat format = StreamFormat.of(spec.streams().terminal());
    Optional<DetachKeys> detachKeys =
        spec.streams().terminal()
            ? Optional.of(DetachKeys.parse(body.nonEmptyText("DetachKeys")))
            : Optional.empty();
    Attachment attachment;
    try {
      attachment = exec.start();
    } catch (EngineException e) {
      switch (e.kind()) {
        case COMMAND_NOT_FOUND,
            COMMAND_NOT_EXECUTABLE,
            INVALID_ARGUMENT,
            PERMISSION,
            EXHAUSTED,
            UNSUPPORTED ->
            sayWhy(call, format, e);
        case NOT_FOUND, CONFLICT, UNAVAILABLE, INTERNAL -> throw e;
      }
      return;
    }
    try {
      Takeover client = call.exchange().takeOver(format.mediaType());
      StreamSession session = new StreamSession(client, attachment, format, exec::await);
      if (spec.streams().openStdin()) {
        session.both(detachKeys);
      } else {
        session.output();
      }
    } finally {
      attachment.close();
    }
  }

  /**
   * As Docker: a program, user or folder that is not there is told of in the output, since that is
   * where a user looks and {@code docker exec} shows nothing else; it asks for the exit status
   * afterwards and finds 127 or 126.
   */
  private static void sayWhy(Call call, StreamFormat format, EngineException e) throws IOException {
    byte[] sentence = (Failure.of(e).message() + "\r\n").getBytes(StandardCharsets.UTF_8);
    try (Takeover client = call.exchange().takeOver(format.mediaType())) {
      StreamSession.send(client, format, new LogLine(Instant.now(), 1, ByteBuffer.wrap(sentence)));
    }
  }

  private void resize(Call call) throws IOException {
    engine
        .exec(call.parameter("id"))
        .resize(call.query().number("h").orElse(0), call.query().number("w").orElse(0));
    call.respond(200);
  }

  private void inspect(Call call) throws IOException {
    ExecInfo info = engine.execInfo(call.parameter("id"));
    ExecSpec spec = info.spec();
    List<String> command = spec.command();
    call.respond(
        new JsonDocument()
            .with("ID", info.id())
            .with("Running", info.running())
            .with(
                "ExitCode",
                info.exitCode().isPresent() ? info.exitCode().getAsInt() : JsonDocument.NULL)
            .with(
                "ProcessConfig",
                new JsonDocument()
                    .with("tty", spec.streams().terminal())
                    .with("entrypoint", command.getFirst())
                    .with("arguments", command.subList(1, command.size()))
                    .with("privileged", spec.privileged())
                    .withIfAny("user", spec.user().orElse("")))
            .with("OpenStdin", spec.streams().openStdin())
            .with("OpenStderr", true)
            .with("OpenStdout", true)
            .with("CanRemove", false)
            .with("ContainerID", info.instanceId())
            .with("DetachKeys", "")
            .with("Pid", info.pid()));
  }
}
