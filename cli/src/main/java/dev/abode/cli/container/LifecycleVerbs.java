package dev.abode.cli.container;

import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.EachVerb;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;

/** The verbs that move containers between states, each one call and the container's name. */
public final class LifecycleVerbs {
  private LifecycleVerbs() {}

  public static Verb stop() {
    return stopping("stop", "Stop one or more running containers", "abode stop -t 3 box");
  }

  public static Verb restart() {
    return stopping("restart", "Restart one or more containers", "abode restart box");
  }

  private static Verb stopping(String name, String summary, String example) {
    return new EachVerb(
        Syntax.of(name, "[OPTIONS] CONTAINER [CONTAINER...]", summary)
            .one('s', "signal", "SIGNAL", "Signal to send first")
            .one('t', "timeout", "SECONDS", "Time before stopping becomes killing; -1 for ever")
            .one("time", "SECONDS", "The same as --timeout")
            .atLeast(1)
            .example(example),
        (session, arguments, container) -> {
          String seconds =
              arguments
                  .number("timeout")
                  .or(() -> arguments.number("time"))
                  .map(String::valueOf)
                  .orElse("");
          session
              .api()
              .post(
                  ApiClient.query(
                      path(container, name), "signal", arguments.value("signal", ""), "t", seconds))
              .close();
          session.out().println(container);
        });
  }

  public static Verb kill() {
    return new EachVerb(
        Syntax.of(
                "kill", "[OPTIONS] CONTAINER [CONTAINER...]", "Kill one or more running containers")
            .one('s', "signal", "SIGNAL", "Signal to send (KILL)")
            .atLeast(1)
            .example("abode kill -s HUP box"),
        (session, arguments, container) -> {
          session
              .api()
              .post(
                  ApiClient.query(
                      path(container, "kill"), "signal", arguments.value("signal", "KILL")))
              .close();
          session.out().println(container);
        });
  }

  public static Verb pause() {
    return plain("pause", "Pause all processes of one or more containers");
  }

  public static Verb unpause() {
    return plain("unpause", "Unpause all processes of one or more containers");
  }

  private static Verb plain(String name, String summary) {
    return new EachVerb(
        Syntax.of(name, "CONTAINER [CONTAINER...]", summary)
            .atLeast(1)
            .example("abode " + name + " box"),
        (session, arguments, container) -> {
          session.api().post(path(container, name)).close();
          session.out().println(container);
        });
  }

  public static Verb waitForExit() {
    return new EachVerb(
        Syntax.of(
                "wait",
                "CONTAINER [CONTAINER...]",
                "Wait until containers stop and print their exit statuses")
            .atLeast(1)
            .example("abode wait box"),
        (session, arguments, container) ->
            session
                .out()
                .println(session.api().post(path(container, "wait")).json().number("StatusCode")));
  }

  public static Verb remove() {
    return new EachVerb(
        Syntax.of("rm", "[OPTIONS] CONTAINER [CONTAINER...]", "Remove one or more containers")
            .flag('f', "force", "Kill running ones first")
            .flag('v', "volumes", "Remove their anonymous volumes")
            .flag('l', "link", "Remove a link; there are none here")
            .atLeast(1)
            .example("abode rm -f box"),
        (session, arguments, container) -> {
          session
              .api()
              .delete(
                  ApiClient.query(
                      "/containers/" + ApiClient.encode(container),
                      "force",
                      arguments.isOn("force") ? "1" : "",
                      "v",
                      arguments.isOn("volumes") ? "1" : ""))
              .close();
          session.out().println(container);
        });
  }

  public static Verb rename() {
    return new OneVerb(
        Syntax.of("rename", "CONTAINER NAME", "Rename a container")
            .takes(2, 2)
            .example("abode rename box crate"),
        (session, arguments) ->
            session
                .api()
                .post(
                    ApiClient.query(
                        path(arguments.operand(0), "rename"), "name", arguments.operand(1)))
                .close());
  }

  public static Verb update() {
    return new EachVerb(
        Syntax.of(
                "update",
                "[OPTIONS] CONTAINER [CONTAINER...]",
                "Change the limits of one or more containers")
            .one('c', "cpu-shares", "WEIGHT", "Relative CPU weight")
            .one("cpu-period", "MICROSECONDS", "Period of the CPU limit")
            .one("cpu-quota", "MICROSECONDS", "CPU time in each period")
            .one("cpus", "NUMBER", "Number of CPUs")
            .one("cpuset-cpus", "LIST", "CPUs the container may use")
            .one("cpuset-mems", "LIST", "Memory nodes the container may use")
            .one('m', "memory", "BYTES", "Memory limit")
            .one("memory-reservation", "BYTES", "Memory that is kept when memory is scarce")
            .one("memory-swap", "BYTES", "Limit of memory and swap together")
            .one("pids-limit", "NUMBER", "Limit of processes; -1 for no limit")
            .one("restart", "POLICY", "no, on-failure[:N], always, unless-stopped")
            .atLeast(1)
            .example("abode update -m 128m --cpus 0.5 box"),
        (session, arguments, container) -> {
          Json.Fields change = Json.object();
          for (String[] number :
              new String[][] {
                {"cpu-shares", "CpuShares"},
                {"cpu-period", "CpuPeriod"},
                {"cpu-quota", "CpuQuota"},
                {"pids-limit", "PidsLimit"}
              }) {
            arguments.number(number[0]).ifPresent(value -> change.with(number[1], Json.of(value)));
          }
          for (String[] bytes :
              new String[][] {
                {"memory", "Memory"},
                {"memory-reservation", "MemoryReservation"},
                {"memory-swap", "MemorySwap"}
              }) {
            arguments
                .value(bytes[0])
                .ifPresent(
                    value -> change.with(bytes[1], Json.of(Quantities.bytes(bytes[0], value))));
          }
          arguments
              .value("cpus")
              .ifPresent(value -> change.with("NanoCpus", Json.of(Quantities.nanoCpus(value))));
          arguments.value("cpuset-cpus").ifPresent(value -> change.with("CpusetCpus", value));
          arguments.value("cpuset-mems").ifPresent(value -> change.with("CpusetMems", value));
          arguments
              .value("restart")
              .ifPresent(value -> change.with("RestartPolicy", CreateRequest.restart(value)));
          Json answer = session.api().post(path(container, "update"), change).json();
          for (String warning : answer.texts("Warnings")) {
            session.err().println("WARNING: " + warning);
          }
          session.out().println(container);
        });
  }

  static String path(String container, String verb) {
    return "/containers/" + ApiClient.encode(container) + "/" + verb;
  }
}
