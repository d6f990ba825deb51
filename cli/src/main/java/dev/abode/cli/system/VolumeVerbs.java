package dev.abode.cli.system;

import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.ArchiveOutput;
import dev.abode.cli.command.Confirmation;
import dev.abode.cli.command.EachVerb;
import dev.abode.cli.command.Filters;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Listing;
import dev.abode.cli.format.Template;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.Reply;
import dev.abode.cli.json.Json;
import dev.abode.cli.prune.Pruning;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The verbs on volumes. */
public final class VolumeVerbs {
  private static final Listing LISTING = Listing.of("Driver", "DRIVER", "Name", "VOLUME NAME");

  private VolumeVerbs() {}

  public static Verb list() {
    return new OneVerb(
        Syntax.of("volume ls", "[OPTIONS]", "List volumes")
            .many(
                'f', "filter", "KEY=VALUE", "Only those that match: dangling, driver, name, label")
            .one("format", "FORMAT", "table, json, or a Go template")
            .flag('q', "quiet", "Only names")
            .takes(0, 0)
            .example("abode volume ls --filter dangling=true"),
        (session, arguments) -> {
          String filters = Filters.of(arguments.all("filter")).query();
          Json answer = session.api().get(ApiClient.query("/volumes", "filters", filters)).json();
          if (arguments.isOn("quiet")) {
            answer.items("Volumes").forEach(volume -> session.out().println(volume.text("Name")));
          } else {
            LISTING.print(session.out(), arguments.value("format"), answer.items("Volumes"));
          }
        });
  }

  public static Verb create() {
    return new OneVerb(
        Syntax.of("volume create", "[OPTIONS] [NAME]", "Make a volume")
            .one('d', "driver", "DRIVER", "local, the only one there is")
            .many("label", "KEY[=VALUE]", "Set a label")
            .many('o', "opt", "KEY=VALUE", "size=10G, or type, device and o as mount has them")
            .takes(0, 1)
            .example("abode volume create -o size=10G data"),
        (session, arguments) -> {
          Json.Fields request =
              Json.object()
                  .with("Driver", arguments.value("driver", "local"))
                  .with("DriverOpts", pairs(arguments.all("opt")))
                  .with("Labels", pairs(arguments.all("label")));
          arguments.operands().forEach(name -> request.with("Name", name));
          session.out().println(session.api().post("/volumes/create", request).json().text("Name"));
        });
  }

  private static Json.Fields pairs(List<String> given) {
    Json.Fields pairs = Json.object();
    for (String pair : given) {
      int equals = pair.indexOf('=');
      pairs.with(
          equals < 0 ? pair : pair.substring(0, equals),
          equals < 0 ? "" : pair.substring(equals + 1));
    }
    return pairs;
  }

  public static Verb export() {
    return new OneVerb(
        Syntax.of("volume export", "[OPTIONS] VOLUME", "Write a volume's content as a tar archive")
            .one('o', "output", "FILE", "Write to a file instead of standard output")
            .takes(1, 1)
            .example("abode volume export data > data.tar"),
        (session, arguments) -> {
          ArchiveOutput.refuseTerminal(session, arguments);
          try (Reply reply = session.api().get(path(arguments.operand(0), "export"))) {
            ArchiveOutput.save(session, arguments, reply);
          }
        });
  }

  public static Verb restore() {
    return new OneVerb(
        Syntax.of(
                "volume import",
                "VOLUME [FILE]",
                "Replace a volume's content by that of a tar archive, made if it is not there")
            .takes(1, 2)
            .example("abode volume import data < data.tar"),
        (session, arguments) -> {
          String name = arguments.operand(0);
          String file = arguments.operands().size() > 1 ? arguments.operand(1) : "-";
          if (file.equals("-") && session.isTerminal(Session.STDIN)) {
            throw new UsageException(
                "abode volume import reads an archive: give a FILE, or < FILE");
          }
          session.api().post("/volumes/create", Json.object().with("Name", name)).close();
          try (InputStream archive =
                  file.equals("-") ? session.in() : Files.newInputStream(Path.of(file));
              Reply _ =
                  session
                      .api()
                      .send("POST", path(name, "import"), Map.of(), ApiClient.Body.tar(archive))) {
            session.out().println(name);
          }
        });
  }

  private static String path(String name, String what) {
    return "/volumes/" + ApiClient.encode(name) + "/" + what;
  }

  public static Verb inspect() {
    return new OneVerb(
        Syntax.of(
                "volume inspect",
                "[OPTIONS] VOLUME [VOLUME...]",
                "Show everything that is known of volumes")
            .one('f', "format", "FORMAT", "json, or a Go template")
            .atLeast(1)
            .example("abode volume inspect --format '{{.Mountpoint}}' data"),
        (session, arguments) -> {
          List<Json> volumes = new ArrayList<>();
          for (String name : arguments.operands()) {
            volumes.add(session.api().get("/volumes/" + ApiClient.encode(name)).json());
          }
          String format = arguments.value("format", "");
          if (format.isEmpty()) {
            session.out().println(new Json.Items(volumes).indented("    "));
          } else if (format.equals("json")) {
            session.out().println(new Json.Items(volumes).compact());
          } else {
            Template template = Template.parse(Template.unescape(format));
            volumes.forEach(volume -> session.out().println(template.apply(volume)));
          }
        });
  }

  public static Verb remove() {
    return new EachVerb(
        Syntax.of("volume rm", "[OPTIONS] VOLUME [VOLUME...]", "Remove one or more volumes")
            .flag('f', "force", "No error for those that are not there")
            .atLeast(1)
            .example("abode volume rm data"),
        (session, arguments, name) -> {
          session
              .api()
              .delete(
                  ApiClient.query(
                      "/volumes/" + ApiClient.encode(name),
                      "force",
                      arguments.isOn("force") ? "1" : ""))
              .close();
          session.out().println(name);
        });
  }

  public static Verb prune() {
    return new OneVerb(
        Syntax.of("volume prune", "[OPTIONS]", "Remove volumes no container uses")
            .flag('a', "all", "Those with a name as well")
            .many("filter", "KEY=VALUE", "Only those that match: label")
            .flag('f', "force", "Do not ask")
            .takes(0, 0)
            .example("abode volume prune -f"),
        (session, arguments) -> {
          if (!Confirmation.given(
              session, arguments, "This will remove volumes not used by at least one container.")) {
            return;
          }
          Filters filters = Filters.of(arguments.all("filter"));
          if (arguments.isOn("all")) {
            filters.add("all", "1");
          }
          Pruning.tellReclaimed(session, Pruning.of(session, "volumes", "Volumes", filters));
        });
  }
}
