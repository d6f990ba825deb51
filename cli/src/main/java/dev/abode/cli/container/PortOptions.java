package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code -p}, {@code -P} and {@code --expose}. */
final class PortOptions {
  private static final Pattern PUBLISHED =
      Pattern.compile(
          "(?:(?:\\[(?<six>[^\\]]*)]|(?<four>[^:]*)):)??(?:(?<host>[\\d-]*):)?"
              + "(?<inside>\\d+(?:-\\d+)?)(?:/(?<protocol>tcp|udp|sctp))?");

  private PortOptions() {}

  static void put(Arguments arguments, Json.Fields body, Json.Fields host) {
    Json.Fields exposed = Json.object();
    for (String port : arguments.all("expose")) {
      String[] parts = port.split("/", 2);
      int[] range = range(parts[0], port);
      for (int number = range[0]; number <= range[1]; number++) {
        exposed.with(number + "/" + (parts.length == 2 ? parts[1] : "tcp"), Json.object());
      }
    }
    Map<String, List<Json>> bindings = new LinkedHashMap<>();
    for (String published : arguments.all("publish")) {
      publish(published, exposed, bindings);
    }
    if (!exposed.values().isEmpty()) {
      body.with("ExposedPorts", exposed);
    }
    if (!bindings.isEmpty()) {
      Json.Fields all = Json.object();
      bindings.forEach((port, list) -> all.with(port, new Json.Items(list)));
      host.with("PortBindings", all);
    }
    if (arguments.isGiven("publish-all")) {
      host.with("PublishAllPorts", Json.of(arguments.isOn("publish-all")));
    }
  }

  private static void publish(
      String published, Json.Fields exposed, Map<String, List<Json>> bindings) {
    Matcher matcher = PUBLISHED.matcher(published);
    if (!matcher.matches()) {
      throw malformed(published);
    }
    String address = group(matcher, "six") + group(matcher, "four");
    String protocol = group(matcher, "protocol").isEmpty() ? "tcp" : group(matcher, "protocol");
    int[] inside = range(matcher.group("inside"), published);
    String onHost = group(matcher, "host");
    int[] outside = onHost.isEmpty() ? new int[0] : range(onHost, published);
    boolean single = inside[0] == inside[1];
    if (!single && outside.length == 2 && outside[1] - outside[0] != inside[1] - inside[0]) {
      throw new UsageException("--publish \"" + published + "\" has ranges of different length");
    }
    for (int number = inside[0]; number <= inside[1]; number++) {
      String port = number + "/" + protocol;
      exposed.with(port, Json.object());
      bindings
          .computeIfAbsent(port, missing -> new ArrayList<>())
          .add(
              Json.object()
                  .with("HostIp", address)
                  .with("HostPort", hostPort(outside, single, number - inside[0])));
    }
  }

  /** For a single port of the container a range on the host means any one of it. */
  private static String hostPort(int[] outside, boolean single, int offset) {
    if (outside.length == 0) {
      return "";
    }
    return single && outside[1] > outside[0]
        ? outside[0] + "-" + outside[1]
        : Integer.toString(outside[0] + offset);
  }

  private static String group(Matcher matcher, String name) {
    String found = matcher.group(name);
    return found == null ? "" : found;
  }

  private static int[] range(String text, String whole) {
    String[] ends = text.split("-", 2);
    try {
      int first = Integer.parseInt(ends[0]);
      int last = ends.length == 2 ? Integer.parseInt(ends[1]) : first;
      if (first >= 0 && first <= last && last <= 65535) {
        return new int[] {first, last};
      }
    } catch (NumberFormatException malformed) {
      // Told below, together with ranges that run backwards.
    }
    throw malformed(whole);
  }

  private static UsageException malformed(String port) {
    return new UsageException("a port is [[IP:]PORT:]PORT[/PROTOCOL], not \"" + port + '"');
  }
}
