package dev.abode.cli.network;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Verb;
import dev.abode.cli.json.Json;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code abode network create}. */
public final class NetworkCreate {
  private NetworkCreate() {}

  public static Verb verb() {
    return new OneVerb(
        Syntax.of("network create", "[OPTIONS] NETWORK", "Make a network")
            .flag("attachable", "Kept, as every container may be connected")
            .many("aux-address", "NAME=ADDRESS", "An address that is never leased")
            .one('d', "driver", "DRIVER", "bridge, the only one there is")
            .many("gateway", "ADDRESS", "The host's address in it")
            .flag("internal", "Nothing in it reaches beyond it")
            .one("ipam-driver", "DRIVER", "default, the only one there is")
            .many("ipam-opt", "KEY=VALUE", "Kept, and shown by inspect")
            .many("ip-range", "SUBNET", "Lease addresses from this part only")
            .flag("ipv4", "With IPv4, as it is unless --ipv4=false")
            .flag("ipv6", "With IPv6 as well")
            .many("label", "KEY[=VALUE]", "Set a label")
            .many('o', "opt", "KEY=VALUE", "Option of the driver, such as mtu=1400")
            .many("subnet", "SUBNET", "Its addresses, such as 10.1.0.0/24")
            .takes(1, 1)
            .example("abode network create --subnet 10.1.0.0/24 shop"),
        (session, arguments) ->
            session
                .out()
                .println(
                    session.api().post("/networks/create", request(arguments)).json().text("Id")));
  }

  private static Json.Fields request(Arguments arguments) {
    Json.Fields request =
        Json.object()
            .with("Name", arguments.operand(0))
            .with("Driver", arguments.value("driver", "bridge"))
            .with("Internal", Json.of(arguments.isOn("internal")))
            .with("Attachable", Json.of(arguments.isOn("attachable")))
            .with(
                "IPAM",
                Json.object()
                    .with("Driver", arguments.value("ipam-driver", "default"))
                    .with("Options", pairs(arguments.all("ipam-opt")))
                    .with("Config", new Json.Items(subnets(arguments))))
            .with("Options", options(arguments.all("opt")))
            .with("Labels", pairs(arguments.all("label")));
    for (String family : List.of("ipv4", "ipv6")) {
      if (arguments.isGiven(family)) {
        request.with("EnableIP" + family.substring("ip".length()), Json.of(arguments.isOn(family)));
      }
    }
    return request;
  }

  /** Docker's short name of an option is one of its own long ones. */
  private static Json.Fields options(List<String> given) {
    Json.Fields options = Json.object();
    pairs(given)
        .values()
        .forEach(
            (key, value) ->
                options.with(key.equals("mtu") ? "com.docker.network.driver.mtu" : key, value));
    return options;
  }

  static Json.Fields pairs(List<String> given) {
    Json.Fields pairs = Json.object();
    for (String pair : given) {
      int equals = pair.indexOf('=');
      pairs.with(
          equals < 0 ? pair : pair.substring(0, equals),
          equals < 0 ? "" : pair.substring(equals + 1));
    }
    return pairs;
  }

  /** Ranges, gateways and reserved addresses go to the subnet that holds them, as in Docker. */
  private static List<Json> subnets(Arguments arguments) {
    List<String> subnets = arguments.all("subnet");
    List<Json.Fields> configs = new ArrayList<>();
    subnets.forEach(subnet -> configs.add(Json.object().with("Subnet", subnet)));
    for (String range : arguments.all("ip-range")) {
      configs.get(holder(subnets, "ip-range", range)).with("IPRange", range);
    }
    for (String gateway : arguments.all("gateway")) {
      configs.get(holder(subnets, "gateway", gateway)).with("Gateway", gateway);
    }
    Map<Integer, Json.Fields> reserved = new HashMap<>();
    for (String named : arguments.all("aux-address")) {
      int equals = named.indexOf('=');
      if (equals < 0) {
        throw new UsageException("--aux-address is NAME=ADDRESS, not \"" + named + '"');
      }
      String address = named.substring(equals + 1);
      reserved
          .computeIfAbsent(holder(subnets, "aux-address", address), holder -> Json.object())
          .with(named.substring(0, equals), address);
    }
    reserved.forEach(
        (holder, addresses) -> configs.get(holder).with("AuxiliaryAddresses", addresses));
    return List.copyOf(configs);
  }

  private static int holder(List<String> subnets, String option, String address) {
    for (int i = 0; i < subnets.size(); i++) {
      if (holds(subnets.get(i), address)) {
        return i;
      }
    }
    throw new UsageException(
        "--" + option + " " + address + " is in none of the subnets; say --subnet for it");
  }

  private static boolean holds(String subnet, String address) {
    int slash = subnet.indexOf('/');
    int end = address.indexOf('/');
    try {
      byte[] network =
          InetAddress.ofLiteral(slash < 0 ? subnet : subnet.substring(0, slash)).getAddress();
      byte[] inside =
          InetAddress.ofLiteral(end < 0 ? address : address.substring(0, end)).getAddress();
      int prefix = slash < 0 ? network.length * 8 : Integer.parseInt(subnet.substring(slash + 1));
      int beyond = network.length * 8 - prefix;
      return network.length == inside.length
          && beyond >= 0
          && new BigInteger(1, network)
              .shiftRight(beyond)
              .equals(new BigInteger(1, inside).shiftRight(beyond));
    } catch (IllegalArgumentException malformed) {
      throw new UsageException(
          "\"" + address + "\" or \"" + subnet + "\" is not an address or a subnet");
    }
  }
}
