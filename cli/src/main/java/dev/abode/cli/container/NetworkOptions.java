package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.json.Json;
import java.util.ArrayList;
import java.util.List;

/** {@code --network} and what says more of the place in it. */
final class NetworkOptions {
  /** The short options, which tell of the first network. */
  private static final List<String> OF_THE_FIRST =
      List.of("network-alias", "ip", "ip6", "mac-address", "link-local-ip");

  private NetworkOptions() {}

  static void put(Arguments arguments, Json.Fields body, Json.Fields host) {
    if (arguments.isGiven("link")) {
      throw new UsageException(
          "--link is not supported: containers on one network know each other by name already;"
              + " make one with \"abode network create\", and give further names with"
              + " --network-alias");
    }
    List<Place> places = new ArrayList<>();
    arguments.all("network").forEach(network -> places.add(Place.parse(network)));
    arguments.all("net").forEach(network -> places.add(Place.parse(network)));
    if (!places.isEmpty()) {
      host.with("NetworkMode", places.getFirst().network());
    }
    boolean more = OF_THE_FIRST.stream().anyMatch(arguments::isGiven);
    if (places.isEmpty() && more) {
      places.add(Place.parse("default"));
    }
    if (more) {
      places.getFirst().add(arguments);
    }
    if (places.size() > 1 || places.stream().anyMatch(Place::saysMore)) {
      Json.Fields endpoints = Json.object();
      places.forEach(place -> endpoints.with(place.network(), place.settings()));
      body.with("NetworkingConfig", Json.object().with("EndpointsConfig", endpoints));
    }
  }

  /** One network, and what is asked for in it. */
  private static final class Place {
    private String network = "";
    private final List<String> aliases = new ArrayList<>();
    private final List<String> linkLocal = new ArrayList<>();
    private final Json.Fields addresses = Json.object();
    private final Json.Fields driverOptions = Json.object();
    private final Json.Fields settings = Json.object();

    /** A name, or {@code name=NAME,ip=ADDRESS,alias=NAME…}. */
    static Place parse(String text) {
      Place place = new Place();
      if (text.indexOf('=') < 0) {
        place.network = text;
        return place;
      }
      for (String part : text.split(",", -1)) {
        int equals = part.indexOf('=');
        if (equals < 0) {
          throw new UsageException(
              "--network \"" + text + "\": \"" + part + "\" must be written KEY=VALUE");
        }
        place.set(part.substring(0, equals).strip(), part.substring(equals + 1), text);
      }
      if (place.network.isEmpty()) {
        throw new UsageException("--network \"" + text + "\" lacks name=NETWORK");
      }
      return place;
    }

    private void set(String key, String value, String whole) {
      switch (key) {
        case "name" -> network = value;
        case "alias" -> aliases.add(value);
        case "ip" -> addresses.with("IPv4Address", value);
        case "ip6" -> addresses.with("IPv6Address", value);
        case "mac-address" -> settings.with("MacAddress", value);
        case "link-local-ip" -> linkLocal.add(value);
        case "driver-opt" -> {
          int equals = value.indexOf('=');
          driverOptions.with(
              equals < 0 ? value : value.substring(0, equals),
              equals < 0 ? "" : value.substring(equals + 1));
        }
        default ->
            throw new UsageException(
                "--network \""
                    + whole
                    + "\": there is no "
                    + key
                    + "; there are name, alias, ip, ip6, mac-address, driver-opt");
      }
    }

    void add(Arguments arguments) {
      aliases.addAll(arguments.all("network-alias"));
      linkLocal.addAll(arguments.all("link-local-ip"));
      arguments.value("ip").ifPresent(address -> addresses.with("IPv4Address", address));
      arguments.value("ip6").ifPresent(address -> addresses.with("IPv6Address", address));
      arguments.value("mac-address").ifPresent(mac -> settings.with("MacAddress", mac));
    }

    String network() {
      return network;
    }

    boolean saysMore() {
      return !settings().values().isEmpty();
    }

    Json.Fields settings() {
      if (!linkLocal.isEmpty()) {
        addresses.with("LinkLocalIPs", Json.texts(linkLocal));
      }
      if (!addresses.values().isEmpty()) {
        settings.with("IPAMConfig", addresses);
      }
      if (!aliases.isEmpty()) {
        settings.with("Aliases", Json.texts(aliases));
      }
      if (!driverOptions.values().isEmpty()) {
        settings.with("DriverOpts", driverOptions);
      }
      return settings;
    }
  }
}
