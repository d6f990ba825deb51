package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.http.Query;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.Call;
import dev.abode.engine.Engine;
import dev.abode.image.Image;
import dev.abode.image.Reference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code POST /commit}: an image of a container. */
final class ContainerCommit {
  private final Engine engine;

  ContainerCommit(Engine engine) {
    this.engine = engine;
  }

  void commit(Call call) throws IOException {
    Query query = call.query();
    String container =
        query
            .text("container")
            .orElseThrow(() -> ApiException.invalid("the parameter container is missing"));
    Optional<Reference> name =
        query
            .text("repo")
            .map(repo -> Reference.parse(repo + query.text("tag").map(t -> ":" + t).orElse("")));
    List<String> changes = instructions(call.document());
    for (String lines : query.all("changes")) {
      lines.lines().filter(line -> !line.isBlank()).forEach(changes::add);
    }
    Image image =
        engine
            .instance(container)
            .commit(
                name,
                query.text("author").orElse(""),
                query.text("comment").orElse(""),
                changes,
                query.flag("pause", true));
    call.respond(201, new JsonDocument().with("Id", image.id().toString()));
  }

  /** The configuration in the body, in the words of a Dockerfile. */
  static List<String> instructions(JsonObject config) {
    List<String> lines = new ArrayList<>();
    config.textOrTexts("Cmd").ifPresent(words -> lines.add("CMD " + array(words)));
    config.textOrTexts("Entrypoint").ifPresent(words -> lines.add("ENTRYPOINT " + array(words)));
    for (String variable : config.texts("Env")) {
      int equals = variable.indexOf('=');
      if (equals > 0) {
        lines.add(
            "ENV " + variable.substring(0, equals) + "=" + quoted(variable.substring(equals + 1)));
      }
    }
    config
        .textMap("Labels")
        .forEach((key, value) -> lines.add("LABEL " + quoted(key) + "=" + quoted(value)));
    config.objectOrEmpty("ExposedPorts").names().forEach(port -> lines.add("EXPOSE " + port));
    config
        .objectOrEmpty("Volumes")
        .names()
        .forEach(path -> lines.add("VOLUME " + array(List.of(path))));
    config.nonEmptyText("WorkingDir").ifPresent(path -> lines.add("WORKDIR " + path));
    config.nonEmptyText("User").ifPresent(user -> lines.add("USER " + user));
    config.nonEmptyText("StopSignal").ifPresent(signal -> lines.add("STOPSIGNAL " + signal));
    return lines;
  }

  private static String array(List<String> words) {
    return new String(JsonDocument.bytes(words), StandardCharsets.UTF_8);
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("$", "\\$") + '"';
  }
}
