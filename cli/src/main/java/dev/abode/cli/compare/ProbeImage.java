package dev.abode.cli.compare;

import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.json.Json;
import dev.abode.cli.tar.HostTar;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/**
 * The image that is compared and one layer more, in which the probe lies: so it is in reach of
 * every kind of walls, and of every engine, without a bind. It is removed again when closed.
 */
final class ProbeImage implements AutoCloseable {
  private static final String REPOSITORY = "abode-compare";

  private final ApiClient engine;
  private final String name;

  private ProbeImage(ApiClient engine, String name) {
    this.engine = engine;
    this.name = name;
  }

  String name() {
    return name;
  }

  /**
   * Makes it.
   *
   * @throws ApiException with status 404 if the engine does not have the image
   */
  static ProbeImage derive(ApiClient engine, String image, Probe probe) throws IOException {
    String tag = Long.toString(ProcessHandle.current().pid());
    String made =
        engine
            .post(
                "/containers/create",
                Json.object().with("Image", image).with("Cmd", Json.of("/" + Probe.NAME)))
            .json()
            .text("Id");
    try (InputStream tar = HostTar.pack(probe.path(), Probe.NAME)) {
      engine
          .send(
              "PUT",
              ApiClient.query("/containers/" + made + "/archive", "path", "/"),
              Map.of(),
              ApiClient.Body.tar(tar))
          .close();
      engine
          .post(
              ApiClient.query("/commit", "container", made, "repo", REPOSITORY, "tag", tag),
              Json.object())
          .close();
    } finally {
      engine.delete("/containers/" + made + "?force=1&v=1").close();
    }
    return new ProbeImage(engine, REPOSITORY + ":" + tag);
  }

  /** Takes this image to another engine. */
  ProbeImage copyTo(ApiClient other) throws IOException {
    try (var archive = engine.get("/images/" + name + "/get")) {
      other
          .send("POST", "/images/load?quiet=1", Map.of(), ApiClient.Body.tar(archive.body()))
          .text();
    }
    return new ProbeImage(other, name);
  }

  @Override
  public void close() throws IOException {
    engine.delete("/images/" + name + "?force=1").close();
  }
}
