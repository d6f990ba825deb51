package dev.abode.cli.engine;

import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import dev.abode.docker.DockerApi;
import dev.abode.engine.Attachment;
import dev.abode.engine.Engine;
import dev.abode.engine.EngineOptions;
import dev.abode.engine.Instance;
import dev.abode.engine.SmallestRootfs;
import dev.abode.image.Platform;
import dev.abode.image.Reference;
import dev.abode.linux.FileTree;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Launches containers that nobody asked for, from a request to the answer, so that this JVM has the
 * code of a launch loaded and compiled when somebody does ask.
 *
 * <p>It is done by an engine of its own, on a root folder of its own: no list and no event of any
 * other engine tells of it. The containers hold {@code abode-init} and nothing else. What a
 * rehearsal leaves that was killed, the next one on the same root takes away.
 */
public final class LaunchRehearsal implements AutoCloseable {
  private static final String IMAGE = "rehearsal";

  private final EngineOptions options;
  private final Engine engine;
  private final DockerApi api;
  private final ApiClient client;

  private LaunchRehearsal(EngineOptions options, Engine engine, DockerApi api, ApiClient client) {
    this.options = options;
    this.engine = engine;
    this.api = api;
    this.client = client;
  }

  /** Opens an engine on {@code root}, a folder that is made for it and goes with it. */
  public static LaunchRehearsal open(Path root) throws IOException {
    EngineOptions options = EngineOptions.at(root);
    Engine engine = Engine.open(options);
    try {
      for (Instance left : engine.instances()) {
        left.remove(true, true);
      }
      engine
          .images()
          .importRootfs(
              SmallestRootfs.tar(),
              Optional.of(Reference.parse(IMAGE)),
              List.of(),
              "",
              Platform.host());
      Path socket = options.run().resolve("api");
      return new LaunchRehearsal(
          options, engine, DockerApi.serve(engine, socket), new ApiClient(socket));
    } catch (InterruptedException e) {
      engine.close();
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted before a rehearsal");
    } catch (IOException | RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  /**
   * Launches {@code count} containers one after the other, and as many execs in another one.
   *
   * @param ended whether to leave it at what was done
   */
  public void perform(int count, BooleanSupplier ended) throws IOException {
    String held = create("hold");
    // Its input ends with this process, however that ends, and with its input the container does.
    try (Attachment _ = engine.instance(held).attach(true, false, false)) {
      post("/containers/" + held + "/start");
      for (int i = 0; i < count && !ended.getAsBoolean(); i++) {
        cycle();
        exec(held);
      }
    } finally {
      delete(held);
    }
  }

  private void cycle() throws IOException {
    String id = create("end");
    post("/containers/" + id + "/start");
    post("/containers/" + id + "/wait");
    delete(id);
  }

  private void exec(String held) throws IOException {
    Json spec =
        Json.object()
            .with("Cmd", Json.texts(List.of(SmallestRootfs.PROGRAM, "end")))
            .with("AttachStdout", Json.of(true));
    String id = post("/containers/" + held + "/exec", spec).at("Id").text();
    client.post("/exec/" + id + "/start", Json.object().with("Detach", Json.of(false))).text();
    client.get("/exec/" + id + "/json").json();
  }

  private String create(String role) throws IOException {
    Json spec =
        Json.object()
            .with("Image", IMAGE)
            .with("Cmd", Json.texts(List.of(SmallestRootfs.PROGRAM, role)))
            .with("OpenStdin", Json.of(true))
            .with("StdinOnce", Json.of(true))
            .with("HostConfig", Json.object().with("NetworkMode", "none"));
    return post("/containers/create", spec).at("Id").text();
  }

  private Json post(String path, Json body) throws IOException {
    return client.post(path, body).json();
  }

  private void post(String path) throws IOException {
    client.post(path).text();
  }

  private void delete(String id) throws IOException {
    client.delete("/containers/" + id + "?force=1").text();
  }

  @Override
  public void close() throws IOException {
    client.close();
    try (engine) {
      api.close();
    }
    // Nothing is mounted there by now, and what was would be left alone.
    FileTree.delete(options.run());
    FileTree.delete(options.root());
  }
}
