package dev.abode.cli.container;

import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Published ports: {@code abode port}, and the column of {@code abode ps}. */
public final class Ports {
  private Ports() {}

  public static Verb verb() {
    return new OneVerb(
        Syntax.of("port", "CONTAINER [PORT[/PROTOCOL]]", "List the published ports of a container")
            .takes(1, 2)
            .example("abode port box 80/tcp"),
        (session, arguments) -> {
          String name = arguments.operand(0);
          Json container = session.api().get(LifecycleVerbs.path(name, "json")).json();
          Map<String, Json> ports = container.fields("NetworkSettings", "Ports");
          boolean one = arguments.operands().size() == 2;
          String wanted = one ? arguments.operand(1) : "";
          wanted = one && wanted.indexOf('/') < 0 ? wanted + "/tcp" : wanted;
          List<String> lines = new ArrayList<>();
          for (Map.Entry<String, Json> port : ports.entrySet()) {
            if (one && !port.getKey().equals(wanted)) {
              continue;
            }
            for (Json binding : port.getValue().items()) {
              String address = binding.text("HostIp");
              lines.add(
                  (one ? "" : port.getKey() + " -> ")
                      + (address.contains(":") ? "[" + address + "]" : address)
                      + ":"
                      + binding.text("HostPort"));
            }
          }
          if (one && lines.isEmpty()) {
            throw new ApiException(404, "no public port '" + wanted + "' published for " + name);
          }
          lines.forEach(session.out()::println);
        });
  }

  static String summary(List<Json> ports) {
    List<String> shown = new ArrayList<>();
    for (Json port : ports) {
      String inside = port.text("PrivatePort") + "/" + port.text("Type");
      String address = port.text("IP");
      shown.add(
          address.isEmpty()
              ? inside
              : (address.contains(":") ? "[" + address + "]" : address)
                  + ":"
                  + port.text("PublicPort")
                  + "->"
                  + inside);
    }
    return String.join(", ", shown);
  }
}
