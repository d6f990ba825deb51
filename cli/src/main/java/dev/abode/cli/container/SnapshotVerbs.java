package dev.abode.cli.container;

import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Listing;
import dev.abode.cli.format.Words;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.util.ArrayList;
import java.util.List;

/** Moments of a container or virtual machine to go back to, or to go on from twice. */
public final class SnapshotVerbs {
  private static final Listing LISTING =
      Listing.of(
          "Name",
          "SNAPSHOT",
          "Created",
          "CREATED",
          "State",
          "STATE",
          "StoodStill",
          "STOOD STILL",
          "Size",
          "SIZE",
          "OwnSize",
          "OWN SIZE");

  private SnapshotVerbs() {}

  public static Verb create() {
    return new OneVerb(
        Syntax.of(
                "snapshot create",
                "CONTAINER [NAME]",
                "Save what a virtual machine or a stopped container is at this moment")
            .takes(1, 2)
            .example("abode snapshot create house before-upgrade"),
        (session, arguments) -> {
          Json.Fields request = Json.object();
          if (arguments.operands().size() > 1) {
            request.with("Name", arguments.operand(1));
          }
          Json taken = session.api().post(path(arguments.operand(0), "snapshots"), request).json();
          session.out().println(taken.text("Name"));
        });
  }

  public static Verb list() {
    return new OneVerb(
        Syntax.of("snapshot ls", "[OPTIONS] CONTAINER", "List the snapshots of a container")
            .one("format", "FORMAT", "table, json, or a Go template")
            .flag('q', "quiet", "Only names")
            .takes(1, 1)
            .example("abode snapshot ls house"),
        (session, arguments) -> {
          List<Json> found =
              session.api().get(path(arguments.operand(0), "snapshots")).json().items();
          if (arguments.isOn("quiet")) {
            found.forEach(snapshot -> session.out().println(snapshot.text("Name")));
            return;
          }
          List<Json> rows = new ArrayList<>();
          for (Json snapshot : found) {
            boolean running = snapshot.text("Running").equals("true");
            rows.add(
                Json.object()
                    .with("Name", snapshot.text("Name"))
                    .with("Created", snapshot.text("Created"))
                    .with("State", running ? "running" : "stopped")
                    .with("StoodStill", running ? snapshot.text("StoodStillMillis") + " ms" : "")
                    .with("Size", Words.size(snapshot.number("Size")))
                    .with("OwnSize", Words.size(snapshot.number("OwnSize"))));
          }
          LISTING.print(session.out(), arguments.value("format"), rows);
        });
  }

  public static Verb remove() {
    return new OneVerb(
        Syntax.of("snapshot rm", "CONTAINER NAME [NAME...]", "Remove snapshots of a container")
            .atLeast(2)
            .example("abode snapshot rm house before-upgrade"),
        (session, arguments) -> {
          for (String name : arguments.operands().subList(1, arguments.operands().size())) {
            session
                .api()
                .delete(path(arguments.operand(0), "snapshots/" + ApiClient.encode(name)))
                .close();
            session.out().println(name);
          }
        });
  }

  public static Verb restore() {
    return new OneVerb(
        Syntax.of(
                "snapshot restore",
                "CONTAINER [NAME]",
                "Go back to a snapshot, the newest one if none is named")
            .takes(1, 2)
            .example("abode snapshot restore house before-upgrade"),
        (session, arguments) -> {
          Json.Fields request = Json.object();
          if (arguments.operands().size() > 1) {
            request.with("Snapshot", arguments.operand(1));
          }
          session.api().post(path(arguments.operand(0), "restore"), request).close();
          session.out().println(arguments.operand(0));
        });
  }

  public static Verb cloneVerb() {
    return new OneVerb(
        Syntax.of(
                "snapshot clone",
                "[OPTIONS] CONTAINER [NAME]",
                "Run a second container from a snapshot, or from one taken now")
            .one("name", "NAME", "The name of the second one")
            .takes(1, 2)
            .example("abode snapshot clone --name house2 house before-upgrade"),
        (session, arguments) -> {
          Json.Fields request = Json.object();
          arguments.value("name").ifPresent(name -> request.with("Name", name));
          if (arguments.operands().size() > 1) {
            request.with("Snapshot", arguments.operand(1));
          }
          Json clone = session.api().post(path(arguments.operand(0), "clone"), request).json();
          session.out().println(clone.text("Id"));
        });
  }

  private static String path(String container, String what) {
    return "/abode/containers/" + ApiClient.encode(container) + "/" + what;
  }
}
