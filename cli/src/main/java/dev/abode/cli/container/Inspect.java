package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Template;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code abode inspect}, and its forms that look at one kind of thing only. */
public final class Inspect implements Verb {
  private static final String INDENT = "    ";

  private final String name;
  private final List<String> kinds;

  private Inspect(String name, String... kinds) {
    this.name = name;
    this.kinds = List.of(kinds);
  }

  /** Looks for a container, then for an image. */
  public static Verb ofAnything() {
    return new Inspect("inspect", "container", "image");
  }

  public static Verb ofContainers() {
    return new Inspect("container inspect", "container");
  }

  public static Verb ofImages() {
    return new Inspect("image inspect", "image");
  }

  @Override
  public Syntax syntax() {
    return Syntax.of(
            name,
            "[OPTIONS] NAME|ID [NAME|ID...]",
            "Show everything that is known of a container or image")
        .one('f', "format", "FORMAT", "json, or a Go template")
        .flag('s', "size", "Sizes of containers on disk")
        .one("type", "KIND", "container or image")
        .one("platform", "OS/ARCH", "Platform of an image")
        .atLeast(1)
        .example("abode " + name + " --format '{{.State.Status}}' box");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    List<Json> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    List<String> wanted = arguments.value("type").map(List::of).orElse(kinds);
    for (String operand : arguments.operands()) {
      try {
        found.add(find(session, wanted, operand, arguments));
      } catch (ApiException refused) {
        missing.add(String.valueOf(refused.getMessage()));
      }
    }
    String format = arguments.value("format", "");
    if (format.isEmpty()) {
      session.out().println(new Json.Items(found).indented(INDENT));
    } else if (format.equals("json")) {
      session.out().println(new Json.Items(found).compact());
    } else {
      Template template = Template.parse(Template.unescape(format));
      found.forEach(thing -> session.out().println(template.apply(thing)));
    }
    session.out().flush();
    missing.forEach(sentence -> session.err().println("abode: " + sentence));
    return missing.isEmpty() ? 0 : 1;
  }

  private static Json find(Session session, List<String> kinds, String operand, Arguments arguments)
      throws IOException {
    for (String kind : kinds) {
      try {
        String path = kind.toLowerCase(Locale.ROOT) + "s/" + ApiClient.encode(operand) + "/json";
        String size = arguments.isOn("size") && kind.equals("container") ? "1" : "";
        return session.api().get(ApiClient.query("/" + path, "size", size)).json();
      } catch (ApiException refused) {
        if (refused.status() != 404 || kinds.size() == 1) {
          throw refused;
        }
      }
    }
    throw new ApiException(404, "No such object: " + operand);
  }
}
