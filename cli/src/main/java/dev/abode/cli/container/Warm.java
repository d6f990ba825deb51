package dev.abode.cli.container;

import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.util.List;

/** Boots a virtual machine ahead, so that those of an image need not boot. */
public final class Warm {
  private Warm() {}

  public static Verb verb() {
    return new OneVerb(
        Syntax.of(
                "image warm",
                "[OPTIONS] IMAGE",
                "Boot and save a virtual machine that those of an image start from")
            .one('m', "memory", "BYTES", "For virtual machines run with this -m")
            .one("cpus", "NUMBER", "For virtual machines run with this --cpus")
            .many("network", "NETWORK", "For virtual machines run with this --network; or none")
            .takes(1, 1)
            .example("abode image warm -m 128m alpine"),
        (session, arguments) -> {
          Json.Fields limits = Json.object();
          arguments
              .value("memory")
              .ifPresent(text -> limits.with("Memory", Json.of(Quantities.bytes("memory", text))));
          arguments
              .value("cpus")
              .ifPresent(text -> limits.with("NanoCpus", Json.of(Quantities.nanoCpus(text))));
          if (arguments.isGiven("network")) {
            limits.with("Networks", Json.of(networks(arguments.all("network"))));
          }
          String image = arguments.operand(0);
          Json answer =
              session
                  .api()
                  .post("/abode/images/" + ApiClient.encode(image) + "/warm", limits)
                  .json();
          session
              .out()
              .println(
                  answer.text("Made").equals("true")
                      ? "virtual machines of " + image + " start warm from now on"
                      : "virtual machines of " + image + " start warm already");
        });
  }

  /** In how many networks a machine is that is run so: which ones is all the same to a template. */
  static int networks(List<String> options) {
    if (options.contains("none")) {
      if (options.size() > 1) {
        throw new UsageException("--network none leaves no place for another --network");
      }
      return 0;
    }
    return options.size();
  }
}
