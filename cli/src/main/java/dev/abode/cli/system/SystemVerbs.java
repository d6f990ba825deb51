package dev.abode.cli.system;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.Confirmation;
import dev.abode.cli.command.Filters;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Listing;
import dev.abode.cli.format.Template;
import dev.abode.cli.format.Words;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.image.ImageVerbs;
import dev.abode.cli.json.Json;
import dev.abode.cli.prune.Pruning;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Verbs on the engine that are one question and its answer. */
public final class SystemVerbs {
  private static final Listing USAGE =
      Listing.of(
          "Type",
          "TYPE",
          "TotalCount",
          "TOTAL",
          "Active",
          "ACTIVE",
          "Size",
          "SIZE",
          "Reclaimable",
          "RECLAIMABLE");

  private SystemVerbs() {}

  public static Verb info() {
    return new OneVerb(
        Syntax.of("info", "[OPTIONS]", "Show what the engine is and can do")
            .one('f', "format", "FORMAT", "json, or a Go template")
            .takes(0, 0)
            .example("abode info --format '{{.CgroupVersion}}'"),
        SystemVerbs::info);
  }

  private static void info(Session session, Arguments arguments) throws IOException {
    Json info = session.api().get("/info").json();
    String format = arguments.value("format", "");
    PrintStream out = session.out();
    if (format.equals("json")) {
      out.println(info.compact());
      return;
    } else if (!format.isEmpty()) {
      out.println(Template.parse(Template.unescape(format)).apply(info));
      return;
    }
    out.println("Containers: " + info.text("Containers"));
    out.println(" Running: " + info.text("ContainersRunning"));
    out.println(" Paused: " + info.text("ContainersPaused"));
    out.println(" Stopped: " + info.text("ContainersStopped"));
    out.println("Images: " + info.text("Images"));
    for (String[] line :
        new String[][] {
          {"Server Version", "ServerVersion"},
          {"Storage Driver", "Driver"},
          {"Logging Driver", "LoggingDriver"},
          {"Cgroup Driver", "CgroupDriver"},
          {"Cgroup Version", "CgroupVersion"},
          {"Default Runtime", "DefaultRuntime"},
          {"Kernel Version", "KernelVersion"},
          {"Operating System", "OperatingSystem"},
          {"OSType", "OSType"},
          {"Architecture", "Architecture"},
          {"CPUs", "NCPU"},
          {"Name", "Name"},
          {"ID", "ID"},
          {"Root Dir", "DockerRootDir"}
        }) {
      info.nonEmptyText(line[1]).ifPresent(value -> out.println(line[0] + ": " + value));
    }
    out.println("Hypervisor: " + info.text("Runtimes", "vm", "status", "hypervisor"));
    out.println("Criu: " + info.text("Runtimes", "container", "status", "criu"));
    out.println("Runtimes: " + String.join(" ", info.fields("Runtimes").keySet()));
    out.println("Total Memory: " + Words.binarySize(info.number("MemTotal")));
    out.println("Security Options:");
    info.texts("SecurityOptions").forEach(option -> out.println(" " + option));
    out.flush();
    info.texts("Warnings").forEach(warning -> session.err().println("WARNING: " + warning));
  }

  public static Verb diskUsage() {
    return new OneVerb(
        Syntax.of("system df", "[OPTIONS]", "Show how much disk the engine uses")
            .one("format", "FORMAT", "table, json, or a Go template")
            .flag('v', "verbose", "Show every image and container")
            .takes(0, 0)
            .example("abode system df"),
        SystemVerbs::diskUsage);
  }

  private static void diskUsage(Session session, Arguments arguments) throws IOException {
    Json usage = session.api().get("/system/df").json();
    if (arguments.isOn("verbose")) {
      verboseUsage(session, usage);
      return;
    }
    long images = usage.number("LayersSize");
    long freeImages = 0;
    int usedImages = 0;
    for (Json image : usage.items("Images")) {
      if (image.number("Containers") > 0) {
        usedImages++;
      } else {
        freeImages += image.number("Size") - Math.max(0, image.number("SharedSize"));
      }
    }
    long containers = 0;
    long freeContainers = 0;
    int running = 0;
    for (Json container : usage.items("Containers")) {
      long size = container.number("SizeRw");
      containers += size;
      if (container.text("State").equals("running") || container.text("State").equals("paused")) {
        running++;
      } else {
        freeContainers += size;
      }
    }
    long volumes = 0;
    long freeVolumes = 0;
    int usedVolumes = 0;
    for (Json volume : usage.items("Volumes")) {
      long size = Math.max(0, volume.number("UsageData", "Size"));
      volumes += size;
      if (volume.number("UsageData", "RefCount") > 0) {
        usedVolumes++;
      } else {
        freeVolumes += size;
      }
    }
    USAGE.print(
        session.out(),
        arguments.value("format"),
        List.of(
            row("Images", usage.items("Images").size(), usedImages, images, freeImages),
            row(
                "Containers",
                usage.items("Containers").size(),
                running,
                containers,
                freeContainers),
            row("Local Volumes", usage.items("Volumes").size(), usedVolumes, volumes, freeVolumes),
            savedMachines(session),
            snapshots(session)));
  }

  private static Json snapshots(Session session) throws IOException {
    List<Json> snapshots = session.api().get("/abode/snapshots").json().items();
    long bytes = snapshots.stream().mapToLong(snapshot -> snapshot.number("OwnSize")).sum();
    return row("Snapshots", snapshots.size(), snapshots.size(), bytes, 0);
  }

  /** Virtual machines that others start from: nobody needs one, it only saves a boot. */
  private static Json savedMachines(Session session) throws IOException {
    List<Json> templates = session.api().get("/abode/templates").json().items();
    long bytes = templates.stream().mapToLong(template -> template.number("Size")).sum();
    return row("VM Templates", templates.size(), 0, bytes, bytes);
  }

  private static Json row(String type, int total, int active, long bytes, long reclaimable) {
    String share = bytes > 0 ? " (" + Math.min(100, reclaimable * 100 / bytes) + "%)" : "";
    return Json.object()
        .with("Active", Integer.toString(active))
        .with("Reclaimable", Words.size(Math.min(bytes, reclaimable)) + share)
        .with("Size", Words.size(bytes))
        .with("TotalCount", Integer.toString(total))
        .with("Type", type);
  }

  private static void verboseUsage(Session session, Json usage) {
    PrintStream out = session.out();
    out.println("Images space usage:\n");
    List<Json> images = new ArrayList<>();
    for (Json image : usage.items("Images")) {
      images.add(
          Json.object()
              .with("Name", String.join(",", image.texts("RepoTags")))
              .with("ID", Words.shortId(image.text("Id")))
              .with("Size", Words.size(image.number("Size")))
              .with("SharedSize", Words.size(Math.max(0, image.number("SharedSize"))))
              .with("Containers", image.text("Containers")));
    }
    Listing.of(
            "Name",
            "REPOSITORY:TAG",
            "ID",
            "IMAGE ID",
            "Size",
            "SIZE",
            "SharedSize",
            "SHARED SIZE",
            "Containers",
            "CONTAINERS")
        .print(out, Optional.empty(), images);
    out.println("\nContainers space usage:\n");
    List<Json> containers = new ArrayList<>();
    for (Json container : usage.items("Containers")) {
      containers.add(
          Json.object()
              .with("ID", Words.shortId(container.text("Id")))
              .with("Image", container.text("Image"))
              .with("Size", Words.size(container.number("SizeRw")))
              .with("Status", container.text("Status"))
              .with("Names", String.join(",", container.texts("Names")).replace("/", "")));
    }
    Listing.of(
            "ID",
            "CONTAINER ID",
            "Image",
            "IMAGE",
            "Size",
            "SIZE",
            "Status",
            "STATUS",
            "Names",
            "NAMES")
        .print(out, Optional.empty(), containers);
  }

  public static Verb prune() {
    return new OneVerb(
        Syntax.of("system prune", "[OPTIONS]", "Remove what nobody uses")
            .flag('a', "all", "All unused images, not only dangling ones")
            .many("filter", "KEY=VALUE", "Only what matches: until, label")
            .flag('f', "force", "Do not ask")
            .flag("volumes", "Anonymous volumes as well")
            .takes(0, 0)
            .example("abode system prune -f"),
        SystemVerbs::prune);
  }

  private static void prune(Session session, Arguments arguments) throws IOException {
    boolean all = arguments.isOn("all");
    if (arguments.isOn("volumes")
        && arguments.all("filter").stream().anyMatch(filter -> filter.startsWith("until="))) {
      throw new UsageException(
          "the filter until is not known of volumes; leave out --volumes, or prune them apart");
    }
    String warning =
        "This will remove:\n  - all stopped containers\n"
            + "  - all networks not used by at least one container\n"
            + (arguments.isOn("volumes")
                ? "  - all anonymous volumes not used by a container\n"
                : "")
            + "  - "
            + (all ? "all images without at least one container" : "all dangling images")
            + "\n  - all virtual machines that were saved for others to start from\n";
    if (!Confirmation.given(session, arguments, warning)) {
      return;
    }
    Filters filters = Filters.of(arguments.all("filter"));
    long reclaimed = Pruning.of(session, "containers", "Containers", filters);
    reclaimed += Pruning.of(session, "networks", "Networks", filters);
    if (arguments.isOn("volumes")) {
      reclaimed += Pruning.of(session, "volumes", "Volumes", filters);
    }
    reclaimed += session.api().post("/abode/templates/prune").json().number("SpaceReclaimed");
    Json images =
        session
            .api()
            .post(
                ApiClient.query(
                    "/images/prune",
                    "filters",
                    filters.add("dangling", all ? "false" : "true").query()))
            .json();
    Map<String, Json> sum = new LinkedHashMap<>(images.fields());
    sum.put("SpaceReclaimed", Json.of(reclaimed + images.number("SpaceReclaimed")));
    ImageVerbs.tellDeleted(session, new Json.Fields(sum));
  }
}
