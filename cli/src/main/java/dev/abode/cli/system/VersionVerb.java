package dev.abode.cli.system;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.command.Version;
import dev.abode.cli.format.Template;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.io.PrintStream;

/** {@code abode version}. Looks at an engine if one listens, and starts none. */
public final class VersionVerb implements Verb {
  @Override
  public Syntax syntax() {
    return Syntax.of("version", "[OPTIONS]", "Show the versions of this command and of the engine")
        .one('f', "format", "FORMAT", "json, or a Go template")
        .takes(0, 0)
        .example("abode version --format '{{.Server.Version}}'");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    Json.Fields versions =
        Json.object()
            .with(
                "Client",
                Json.object()
                    .with("Version", Version.PRODUCT)
                    .with("JavaVersion", System.getProperty("java.version"))
                    .with("Os", "linux")
                    .with("Arch", System.getProperty("os.arch")));
    try (ApiClient client = new ApiClient(session.address().socket())) {
      if (client.isListening()) {
        versions.with("Server", client.get("/version").json());
      }
    }
    String format = arguments.value("format", "");
    PrintStream out = session.out();
    if (format.equals("json")) {
      out.println(versions.compact());
    } else if (!format.isEmpty()) {
      out.println(Template.parse(Template.unescape(format)).apply(versions));
    } else {
      out.println("Client:");
      out.println(" Version:     " + Version.PRODUCT);
      out.println(" Java:        " + System.getProperty("java.version"));
      Json server = versions.at("Server");
      if (server.isNull()) {
        out.flush();
        session.err().println("abode: no engine listens on " + session.address().socket());
        return 1;
      }
      out.println("\nServer: " + server.nonEmptyText("Platform", "Name").orElse("engine"));
      out.println(" Version:     " + server.text("Version"));
      out.println(
          " API version: "
              + server.text("ApiVersion")
              + " (minimum version "
              + server.text("MinAPIVersion")
              + ")");
      out.println(" Kernel:      " + server.text("KernelVersion"));
      out.println(" OS/Arch:     " + server.text("Os") + "/" + server.text("Arch"));
    }
    return versions.at("Server").isNull() ? 1 : 0;
  }
}
