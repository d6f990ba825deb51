package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Filters;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Listing;
import dev.abode.cli.format.Words;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code abode ps}. */
public final class Ps implements Verb {
  private static final Listing PLAIN =
      Listing.of(
          "ID",
          "CONTAINER ID",
          "Image",
          "IMAGE",
          "Command",
          "COMMAND",
          "RunningFor",
          "CREATED",
          "Status",
          "STATUS",
          "Ports",
          "PORTS",
          "Names",
          "NAMES");
  private static final Listing WITH_SIZE =
      Listing.of(
          "ID",
          "CONTAINER ID",
          "Image",
          "IMAGE",
          "Command",
          "COMMAND",
          "RunningFor",
          "CREATED",
          "Status",
          "STATUS",
          "Ports",
          "PORTS",
          "Names",
          "NAMES",
          "Size",
          "SIZE");
  private static final int COMMAND_LENGTH = 20;

  @Override
  public Syntax syntax() {
    return Syntax.of("ps", "[OPTIONS]", "List containers")
        .flag('a', "all", "Those that do not run as well")
        .many('f', "filter", "KEY=VALUE", "Only those that match: status, name, label, ancestor, …")
        .one("format", "FORMAT", "table, json, or a Go template")
        .one('n', "last", "NUMBER", "Only the last created ones, running or not")
        .flag('l', "latest", "Only the last created one, running or not")
        .flag("no-trunc", "Do not shorten")
        .flag('q', "quiet", "Only IDs")
        .flag('s', "size", "Sizes on disk")
        .takes(0, 0)
        .example("abode ps -a --filter status=exited --format '{{.Names}}: {{.Status}}'");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    boolean sizes = arguments.isOn("size") || arguments.value("format", "").contains(".Size");
    List<Json> containers =
        session
            .api()
            .get(
                ApiClient.query(
                    "/containers/json",
                    "all",
                    arguments.isOn("all") ? "1" : "",
                    "limit",
                    arguments.isOn("latest") ? "1" : arguments.value("last", ""),
                    "size",
                    sizes ? "1" : "",
                    "filters",
                    Filters.of(arguments.all("filter")).query()))
            .json()
            .items();
    boolean whole = arguments.isOn("no-trunc");
    if (arguments.isOn("quiet") && !arguments.isGiven("format")) {
      for (Json container : containers) {
        String id = container.text("Id");
        session.out().println(whole ? id : Words.shortId(id));
      }
      return 0;
    }
    List<Json> rows = new ArrayList<>();
    for (Json container : containers) {
      rows.add(row(container, whole, sizes));
    }
    Optional<String> format = arguments.value("format");
    (arguments.isOn("size") ? WITH_SIZE : PLAIN).print(session.out(), format, rows);
    return 0;
  }

  static Json row(Json container, boolean whole, boolean sizes) {
    String id = container.text("Id");
    String command = container.text("Command");
    String image = container.text("Image");
    Instant created = Instant.ofEpochSecond(container.number("Created"));
    List<String> names = new ArrayList<>();
    for (String name : container.texts("Names")) {
      names.add(name.startsWith("/") ? name.substring(1) : name);
    }
    List<String> labels = new ArrayList<>();
    for (Map.Entry<String, Json> label : container.fields("Labels").entrySet()) {
      labels.add(label.getKey() + "=" + label.getValue().text());
    }
    List<String> mounts = new ArrayList<>();
    int volumes = 0;
    for (Json mount : container.items("Mounts")) {
      boolean isVolume = mount.text("Type").equals("volume");
      volumes += isVolume ? 1 : 0;
      mounts.add(mount.text(isVolume ? "Name" : "Source"));
    }
    return Json.object()
        .with("Command", '"' + (whole ? command : Words.cut(command, COMMAND_LENGTH)) + '"')
        .with("CreatedAt", Words.localTime(created))
        .with("ID", whole ? id : Words.shortId(id))
        .with("Image", image.startsWith("sha256:") && !whole ? Words.shortId(image) : image)
        .with("Labels", String.join(",", labels))
        .with("LocalVolumes", Integer.toString(volumes))
        .with("Mounts", String.join(",", mounts))
        .with("Names", String.join(",", names))
        .with(
            "Networks", String.join(",", container.fields("NetworkSettings", "Networks").keySet()))
        .with("Ports", Ports.summary(container.items("Ports")))
        .with("RunningFor", Words.ago(created))
        .with("Size", sizes ? size(container) : "")
        .with("State", container.text("State"))
        .with("Status", container.text("Status"));
  }

  private static String size(Json container) {
    String own = Words.size(container.number("SizeRw"));
    long whole = container.number("SizeRootFs");
    return whole > 0 ? own + " (virtual " + Words.size(whole) + ")" : own;
  }
}
