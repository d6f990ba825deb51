package dev.abode.cli.compare;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.engine.EngineRun;
import dev.abode.cli.format.Style;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.image.ProgressDisplay;
import dev.abode.cli.image.Pulling;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code abode compare}. */
public final class Compare implements Verb {
  private static final String USUAL_IMAGE = "alpine";

  /** Where other engines listen unless told otherwise. */
  private static final Map<String, Path> PEERS =
      Map.of(
          "docker", Path.of("/run/docker.sock"),
          "podman", Path.of("/run/podman/podman.sock"));

  /** An engine on a busy machine may rehearse longer; the first runs then tell of that. */
  private static final Duration REHEARSAL_LIMIT = Duration.ofSeconds(15);

  /** From this part of its processors on, a host is called busy. */
  private static final double BUSY = 0.75;

  @Override
  public Syntax syntax() {
    return Syntax.of(
            "compare",
            "[OPTIONS] [IMAGE]",
            "Measure an image as a process, a container and a virtual machine, here")
        .flag("quick", "Fewer runs; ends within a minute")
        .flag("json", "Print the numbers for programs")
        .flag("markdown", "Print a table for a document")
        .one("html", "FILE", "Write a page with charts")
        .one(
            "peers",
            "LIST",
            "Also measure these engines if they run: docker,podman, or docker=SOCKET")
        .takes(0, 1)
        .example("abode compare --quick")
        .example("abode compare --html comparison.html --peers docker nginx");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
    Map<String, Path> peers = peers(arguments);
    boolean quick = arguments.isOn("quick");
    String image = arguments.operands().isEmpty() ? USUAL_IMAGE : arguments.operand(0);
    Optional<Path> page = arguments.value("html").map(Path::of);
    Progress progress = new Progress(session);
    Comparison comparison;
    // What is made here is removed in the opposite order, whatever happens.
    try (Undo undo = new Undo()) {
      comparison = measure(session, image, peers, quick, progress, undo);
    } finally {
      progress.done();
    }
    if (page.isPresent()) {
      Files.writeString(page.get(), HtmlReport.of(comparison));
    }
    if (arguments.isOn("json")) {
      session.out().println(JsonReport.of(comparison).indented("  "));
    } else if (arguments.isOn("markdown")) {
      session.out().print(MarkdownReport.of(comparison));
    } else {
      session.out().print(new TextReport(comparison, Style.of(session)).text());
    }
    page.ifPresent(
        file -> session.err().println("The page with charts is " + file.toAbsolutePath()));
    return 0;
  }

  /** The other engines, and where each listens. */
  private static Map<String, Path> peers(Arguments arguments) {
    Map<String, Path> peers = new LinkedHashMap<>();
    for (String given : arguments.value("peers", "").split(",", -1)) {
      if (given.isBlank()) {
        continue;
      }
      String[] words = given.strip().split("=", 2);
      Path usual = PEERS.get(words[0]);
      if (usual == null) {
        throw new UsageException("--peers takes docker and podman, not \"" + words[0] + '"');
      }
      peers.put(words[0], words.length > 1 ? Path.of(words[1]) : usual);
    }
    return peers;
  }

  private static Comparison measure(
      Session session,
      String image,
      Map<String, Path> peers,
      boolean quick,
      Progress progress,
      Undo undo)
      throws IOException, InterruptedException {
    ApiClient engine = session.api();
    fetchIfMissing(session, image);
    Probe probe = undo.with(Probe.layDown());
    progress.step("adding the probe to " + image);
    ProbeImage derived = undo.with(ProbeImage.derive(engine, image, probe));
    Json info = engine.get("/info").json();
    Path folder = Path.of(info.text("DockerRootDir"));
    Optional<Path> root = Optional.of(folder);
    List<Place> places = new ArrayList<>();
    places.add(new Host(probe));
    places.add(
        new Walls(column("container", "container"), probe, engine, derived.name(), "", root));
    places.add(
        new Walls(column("vm", "virtual machine"), probe, engine, derived.name(), "vm", root));
    List<String> notes = new ArrayList<>();
    for (Map.Entry<String, Path> peer : peers.entrySet()) {
      Optional<Place> place = peer(peer.getKey(), peer.getValue(), derived, probe, notes, undo);
      place.ifPresent(places::add);
    }
    busy(info.number("NCPU")).ifPresent(notes::add);
    warm(engine, derived, folder, progress, notes);
    Measuring measuring =
        undo.with(new Measuring(places, probe, quick ? Scale.QUICK : Scale.WHOLE, progress));
    measuring.run();
    String hypervisor = engine.get("/info").json().text("Runtimes", "vm", "status", "hypervisor");
    Comparison.Setting setting =
        new Comparison.Setting(
            image,
            quick,
            info.text("KernelVersion"),
            (int) info.number("NCPU"),
            info.number("MemTotal"),
            Optional.of(hypervisor).filter(known -> known.startsWith("QEMU")));
    return new Comparison(setting, notes, progress.elapsed(), measuring.found());
  }

  /** What a reader has to know if the host had other work to do before anything was measured. */
  private static Optional<String> busy(long processors) throws IOException {
    double load = Machine.load();
    return load < processors * BUSY
        ? Optional.empty()
        : Optional.of(
            "The host was busy with other work (load average "
                + Numbers.text(load)
                + " with "
                + processors
                + " processors), so these are numbers of a busy host. Who has walls has a share of"
                + " the processors of its own then, and a process without walls divides one with"
                + " its neighbours: that, not the walls, can make it the slower one.");
  }

  /**
   * Brings everything into the state that lasts, so that each number is of one thing: the virtual
   * machines are all started from a template, and the engine's own rehearsal is over.
   */
  private static void warm(
      ApiClient engine, ProbeImage image, Path root, Progress progress, List<String> notes)
      throws IOException, InterruptedException {
    progress.step("booting the virtual machine that others start from");
    try {
      engine.post("/abode/images/" + image.name() + "/warm", Json.object()).json();
    } catch (ApiException refused) {
      notes.add("Virtual machines could not be warmed up: " + refused.getMessage());
    }
    progress.step("waiting until the engine has rehearsed");
    long begin = System.nanoTime();
    while (Files.exists(root.resolve(EngineRun.REHEARSAL))
        && System.nanoTime() - begin < REHEARSAL_LIMIT.toNanos()) {
      Thread.sleep(100); // the folder that goes is the only sign the engine gives
    }
  }

  private static void fetchIfMissing(Session session, String image) throws IOException {
    try {
      session.api().get("/images/" + image + "/json").close();
    } catch (ApiException refused) {
      if (refused.status() != 404) {
        throw refused;
      }
      Pulling.pull(session, ProgressDisplay.Channel.ERRORS, image, "", /* quiet= */ false);
    }
  }

  private static Optional<Place> peer(
      String name, Path socket, ProbeImage derived, Probe probe, List<String> notes, Undo undo)
      throws IOException {
    ApiClient client = undo.with(new ApiClient(socket));
    if (!client.isListening()) {
      notes.add(name + " was not measured: nothing listens on " + socket + ".");
      return Optional.empty();
    }
    ProbeImage copy = undo.with(derived.copyTo(client));
    return Optional.of(
        new Walls(column(name, name), probe, client, copy.name(), "", Optional.empty()));
  }

  private static Comparison.Column column(String name, String title) {
    return new Comparison.Column(name, title);
  }

  /** What has to be taken back, the last first. */
  private static final class Undo implements AutoCloseable {
    private final Deque<AutoCloseable> made = new ArrayDeque<>();

    <T extends AutoCloseable> T with(T resource) {
      made.push(resource);
      return resource;
    }

    @Override
    public void close() throws IOException {
      IOException failed = null;
      while (!made.isEmpty()) {
        try {
          made.pop().close();
        } catch (Exception failure) {
          if (failed == null) {
            failed = new IOException("could not remove all that was made: " + failure.getMessage());
          }
          failed.addSuppressed(failure);
        }
      }
      if (failed != null) {
        throw failed;
      }
    }
  }
}
