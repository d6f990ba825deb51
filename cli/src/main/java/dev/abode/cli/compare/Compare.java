package dev.abode.cli.compare;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Style;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.image.ProgressDisplay;
import dev.abode.cli.image.Pulling;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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

  @Override
  public Syntax syntax() {
    return Syntax.of(
            "compare",
            "[OPTIONS] [IMAGE]",
            "Measure an image as a process, a container and a virtual machine, here")
        .flag("quick", "Fewer runs; ends within a minute")
        .flag("json", "Print the numbers for programs")
        .one("html", "FILE", "Write a page with charts")
        .one("peers", "LIST", "Also measure these engines if they run: docker,podman")
        .takes(0, 1)
        .example("abode compare --quick")
        .example("abode compare --html comparison.html --peers docker nginx");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
    List<String> peers = peers(arguments);
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
    } else {
      session.out().print(new TextReport(comparison, Style.of(session)).text());
    }
    page.ifPresent(
        file -> session.err().println("The page with charts is " + file.toAbsolutePath()));
    return 0;
  }

  private static List<String> peers(Arguments arguments) {
    List<String> peers = new ArrayList<>();
    for (String name : arguments.value("peers", "").split(",", -1)) {
      if (!name.isBlank() && !PEERS.containsKey(name.strip())) {
        throw new UsageException("--peers takes docker and podman, not \"" + name.strip() + '"');
      }
      if (!name.isBlank()) {
        peers.add(name.strip());
      }
    }
    return peers;
  }

  private static Comparison measure(
      Session session,
      String image,
      List<String> peers,
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
    Optional<Path> root = Optional.of(Path.of(info.text("DockerRootDir")));
    List<Place> places = new ArrayList<>();
    places.add(new Host(probe));
    places.add(
        new Walls(column("container", "container"), probe, engine, derived.name(), "", root));
    places.add(
        new Walls(column("vm", "virtual machine"), probe, engine, derived.name(), "vm", root));
    List<String> notes = new ArrayList<>();
    for (String peer : peers) {
      Optional<Place> place = peer(peer, derived, probe, notes, undo);
      place.ifPresent(places::add);
    }
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
      String name, ProbeImage derived, Probe probe, List<String> notes, Undo undo)
      throws IOException {
    Path socket = PEERS.getOrDefault(name, Path.of("/run/" + name + ".sock"));
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
