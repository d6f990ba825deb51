package dev.abode.cli.compare;

import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.http.TakenOver;
import dev.abode.cli.json.Json;
import dev.abode.cli.terminal.Frames;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/** An engine's walls of one kind, asked for over its API. */
final class Walls implements Place {
  private static final String WORK_FOLDER = "/abode-compare-files";
  private static final double MIB = 1024.0 * 1024.0;

  private final Comparison.Column column;
  private final Probe probe;
  private final ApiClient engine;
  private final String image;
  private final String runtime;
  private final Optional<Path> root;

  /**
   * @param runtime as in {@code --runtime}; empty for the engine's default
   * @param root where the engine keeps its files, if they are laid out as ours; empty otherwise
   */
  Walls(
      Comparison.Column column,
      Probe probe,
      ApiClient engine,
      String image,
      String runtime,
      Optional<Path> root) {
    this.column = column;
    this.probe = probe;
    this.engine = engine;
    this.image = image;
    this.runtime = runtime;
    this.root = root;
  }

  @Override
  public Comparison.Column column() {
    return column;
  }

  @Override
  public Cell imageDisk() throws IOException, InterruptedException {
    long bytes = engine.get("/images/" + image + "/json").json().number("Size");
    if (!runtime.equals("vm") || root.isEmpty()) {
      return Cell.Measured.once(bytes / MIB);
    }
    // Of the layers' disks all count: those of other images are few on a host that compares.
    double beside = 0;
    for (Path part : machineParts(root.get())) {
      beside += diskBytes(part);
    }
    return Cell.Measured.once((bytes + beside) / MIB);
  }

  /**
   * What an engine of ours keeps for machines beside the image: disks of layers, and the kernel.
   */
  private static List<Path> machineParts(Path root) throws IOException {
    List<Path> parts = new ArrayList<>(List.of(root.resolve("machines")));
    try (Stream<Path> layers = Files.list(root.resolve("images/layers"))) {
      layers.map(layer -> layer.resolve("disk.erofs")).filter(Files::exists).forEach(parts::add);
    }
    return parts;
  }

  private double diskBytes(Path path) throws IOException, InterruptedException {
    return probe.ask("disk", path.toString()).number("disk");
  }

  @Override
  public Inhabitant start() throws IOException {
    long begin = System.nanoTime();
    String id = engine.post("/containers/create", request()).json().text("Id");
    Tenant tenant = new Tenant(id);
    try (TakenOver output =
        engine.takeOver(
            ApiClient.query(tenant.path("attach"), "stream", "1", "stdout", "1"),
            ApiClient.Body.none())) {
      engine.post(tenant.path("start")).close();
      tenant.readyMillis = (System.nanoTime() - begin) / 1e6;
      if (output.in().read() < 0) {
        throw new EOFException("the probe ended instead of serving in " + column.title());
      }
      tenant.firstByteMillis = (System.nanoTime() - begin) / 1e6;
      return tenant;
    } catch (IOException | RuntimeException failed) {
      try {
        tenant.close();
      } catch (IOException stays) {
        failed.addSuppressed(stays);
      }
      throw failed;
    }
  }

  private Json request() {
    Json.Fields host = Json.object();
    if (!runtime.isEmpty()) {
      host.with("Runtime", runtime);
    }
    return Json.object()
        .with("Image", image)
        .with("User", "0")
        .with("Entrypoint", Json.texts(List.of("/" + Probe.NAME)))
        .with("Cmd", Json.texts(List.of("serve", Probe.PORT)))
        .with("Healthcheck", Json.object().with("Test", Json.texts(List.of("NONE"))))
        .with("Labels", Json.object().with("dev.abode.compare", "1"))
        .with("HostConfig", host);
  }

  /** An instance. */
  private final class Tenant implements Inhabitant {
    private final String id;
    private double readyMillis;
    private double firstByteMillis;

    Tenant(String id) {
      this.id = id;
    }

    String path(String action) {
      return "/containers/" + id + "/" + action;
    }

    @Override
    public OptionalDouble readyMillis() {
      return OptionalDouble.of(readyMillis);
    }

    @Override
    public double firstByteMillis() {
      return firstByteMillis;
    }

    @Override
    public Answers ask(String... words) throws IOException {
      Json.Fields request =
          Json.object()
              .with("User", "0")
              .with("AttachStdout", Json.of(true))
              .with("AttachStderr", Json.of(true));
      List<String> line = new ArrayList<>(List.of("/" + Probe.NAME));
      line.addAll(List.of(words));
      request.with("Cmd", Json.texts(line));
      String exec = engine.post(path("exec"), request).json().text("Id");
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      Json.Fields start = Json.object().with("Detach", Json.of(false)).with("Tty", Json.of(false));
      try (TakenOver streams =
          engine.takeOver("/exec/" + exec + "/start", ApiClient.Body.of(start))) {
        Frames.copy(streams.in(), out, err);
      }
      if (engine.get("/exec/" + exec + "/json").json().number("ExitCode") != 0) {
        throw new IOException(
            "in " + column.title() + ": " + err.toString(StandardCharsets.UTF_8).strip());
      }
      return Answers.of(out.toString(StandardCharsets.UTF_8));
    }

    @Override
    public String workFolder() {
      return WORK_FOLDER;
    }

    @Override
    public long pid() throws IOException {
      return engine.get(path("json")).json().number("State", "Pid");
    }

    @Override
    public Reach reach() throws IOException {
      Json settings = engine.get(path("json")).json().at("NetworkSettings");
      for (Json network : settings.fields("Networks").values()) {
        Optional<String> address = network.nonEmptyText("IPAddress");
        if (address.isPresent()) {
          return new Reach.At(address.get());
        }
      }
      return new Reach.NoWay("the engine gave it no address in a network");
    }

    @Override
    public Cell disk() throws IOException, InterruptedException {
      if (root.isPresent()) {
        return Cell.Measured.once(diskBytes(root.get().resolve("instances").resolve(id)) / MIB);
      }
      return Cell.Measured.once(engine.get(path("json") + "?size=1").json().number("SizeRw") / MIB);
    }

    @Override
    public void close() throws IOException {
      try {
        engine.delete("/containers/" + id + "?force=1&v=1").close();
      } catch (ApiException refused) {
        if (refused.status() != 404) {
          throw refused;
        }
      }
    }
  }
}
