package dev.abode.cli.network;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Confirmation;
import dev.abode.cli.command.EachVerb;
import dev.abode.cli.command.Filters;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Listing;
import dev.abode.cli.format.Template;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import dev.abode.cli.prune.Pruning;
import java.util.ArrayList;
import java.util.List;

/** The verbs on networks but for {@code create}, and on who is in them. */
public final class NetworkVerbs {
  private static final int SHORT_ID = 12;

  private static final Listing LISTING =
      Listing.of("ID", "NETWORK ID", "Name", "NAME", "Driver", "DRIVER", "Scope", "SCOPE");

  private NetworkVerbs() {}

  static String path(String network) {
    return "/networks/" + ApiClient.encode(network);
  }

  public static Verb list() {
    return new OneVerb(
        Syntax.of("network ls", "[OPTIONS]", "List networks")
            .many('f', "filter", "KEY=VALUE", "Only those that match: name, driver, label, type …")
            .one("format", "FORMAT", "table, json, or a Go template")
            .flag("no-trunc", "Do not shorten IDs")
            .flag('q', "quiet", "Only IDs")
            .takes(0, 0)
            .example("abode network ls --filter type=custom"),
        (session, arguments) -> {
          String filters = Filters.of(arguments.all("filter")).query();
          List<Json> rows = new ArrayList<>();
          for (Json network :
              session.api().get(ApiClient.query("/networks", "filters", filters)).json().items()) {
            rows.add(row(network, arguments.isOn("no-trunc")));
          }
          if (arguments.isOn("quiet")) {
            rows.forEach(row -> session.out().println(row.text("ID")));
          } else {
            LISTING.print(session.out(), arguments.value("format"), rows);
          }
        });
  }

  private static Json row(Json network, boolean whole) {
    String id = network.text("Id");
    return Json.object()
        .with("CreatedAt", network.text("Created"))
        .with("Driver", network.text("Driver"))
        .with("ID", whole || id.length() <= SHORT_ID ? id : id.substring(0, SHORT_ID))
        .with("IPv4", String.valueOf(network.isTrue("EnableIPv4")))
        .with("IPv6", String.valueOf(network.isTrue("EnableIPv6")))
        .with("Internal", String.valueOf(network.isTrue("Internal")))
        .with("Labels", labelText(network))
        .with("Name", network.text("Name"))
        .with("Scope", network.text("Scope"));
  }

  private static String labelText(Json network) {
    List<String> labels = new ArrayList<>();
    network.fields("Labels").forEach((name, value) -> labels.add(name + "=" + value.text()));
    return String.join(",", labels);
  }

  public static Verb inspect() {
    return new OneVerb(
        Syntax.of(
                "network inspect",
                "[OPTIONS] NETWORK [NETWORK...]",
                "Show everything that is known of networks")
            .one('f', "format", "FORMAT", "json, or a Go template")
            .flag('v', "verbose", "Accepted, as there is nothing more to show")
            .atLeast(1)
            .example("abode network inspect --format '{{json .Containers}}' shop"),
        (session, arguments) -> {
          List<Json> networks = new ArrayList<>();
          for (String name : arguments.operands()) {
            networks.add(session.api().get(path(name)).json());
          }
          String format = arguments.value("format", "");
          if (format.isEmpty()) {
            session.out().println(new Json.Items(networks).indented("    "));
          } else if (format.equals("json")) {
            session.out().println(new Json.Items(networks).compact());
          } else {
            Template template = Template.parse(Template.unescape(format));
            networks.forEach(network -> session.out().println(template.apply(network)));
          }
        });
  }

  public static Verb connect() {
    return new OneVerb(
        Syntax.of(
                "network connect",
                "[OPTIONS] NETWORK CONTAINER",
                "Connect a container to a network")
            .many("alias", "NAME", "Add a name in the network")
            .many("driver-opt", "KEY=VALUE", "Option of the network's driver")
            .one("ip", "ADDRESS", "IPv4 address")
            .one("ip6", "ADDRESS", "IPv6 address")
            .many("link-local-ip", "ADDRESS", "Refused: use --ip")
            .takes(2, 2)
            .example("abode network connect --alias db shop postgres"),
        (session, arguments) -> {
          session
              .api()
              .post(
                  path(arguments.operand(0)) + "/connect",
                  Json.object()
                      .with("Container", arguments.operand(1))
                      .with("EndpointConfig", place(arguments)))
              .close();
        });
  }

  /** Docker's {@code EndpointSettings}. */
  private static Json.Fields place(Arguments arguments) {
    Json.Fields addresses = Json.object();
    arguments.value("ip").ifPresent(address -> addresses.with("IPv4Address", address));
    arguments.value("ip6").ifPresent(address -> addresses.with("IPv6Address", address));
    if (arguments.isGiven("link-local-ip")) {
      addresses.with("LinkLocalIPs", Json.texts(arguments.all("link-local-ip")));
    }
    Json.Fields place = Json.object().with("IPAMConfig", addresses);
    if (arguments.isGiven("alias")) {
      place.with("Aliases", Json.texts(arguments.all("alias")));
    }
    if (arguments.isGiven("driver-opt")) {
      place.with("DriverOpts", NetworkCreate.pairs(arguments.all("driver-opt")));
    }
    return place;
  }

  public static Verb disconnect() {
    return new OneVerb(
        Syntax.of(
                "network disconnect",
                "[OPTIONS] NETWORK CONTAINER",
                "Take a container out of a network")
            .flag('f', "force", "Even when the network is gone")
            .takes(2, 2)
            .example("abode network disconnect shop postgres"),
        (session, arguments) ->
            session
                .api()
                .post(
                    path(arguments.operand(0)) + "/disconnect",
                    Json.object()
                        .with("Container", arguments.operand(1))
                        .with("Force", Json.of(arguments.isOn("force"))))
                .close());
  }

  public static Verb remove() {
    return new EachVerb(
        Syntax.of("network rm", "[OPTIONS] NETWORK [NETWORK...]", "Remove one or more networks")
            .flag('f', "force", "No error for those that are not there")
            .atLeast(1)
            .example("abode network rm shop"),
        (session, arguments, name) -> {
          boolean missing =
              arguments.isOn("force")
                  && session
                      .api()
                      .get(ApiClient.query("/networks", "filters", "{\"name\":[\"" + name + "\"]}"))
                      .json()
                      .items()
                      .isEmpty();
          if (!missing) {
            session.api().delete(path(name)).close();
          }
          session.out().println(name);
        });
  }

  public static Verb prune() {
    return new OneVerb(
        Syntax.of("network prune", "[OPTIONS]", "Remove networks no container is connected to")
            .many("filter", "KEY=VALUE", "Only those that match: until, label")
            .flag('f', "force", "Do not ask")
            .takes(0, 0)
            .example("abode network prune -f"),
        (session, arguments) -> {
          if (!Confirmation.given(
              session,
              arguments,
              "This will remove all custom networks not used by at least one container.")) {
            return;
          }
          Pruning.of(session, "networks", "Networks", Filters.of(arguments.all("filter")));
        });
  }
}
