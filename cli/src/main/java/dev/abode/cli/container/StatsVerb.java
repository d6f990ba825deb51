package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Listing;
import dev.abode.cli.format.Words;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code abode stats}. */
public final class StatsVerb implements Verb {
  private static final Listing LISTING =
      Listing.of(
          "ID",
          "CONTAINER ID",
          "Name",
          "NAME",
          "CPUPerc",
          "CPU %",
          "MemUsage",
          "MEM USAGE / LIMIT",
          "MemPerc",
          "MEM %",
          "NetIO",
          "NET I/O",
          "BlockIO",
          "BLOCK I/O",
          "PIDs",
          "PIDS");
  private static final Listing MACHINES =
      Listing.of(
          "ID",
          "CONTAINER ID",
          "Name",
          "NAME",
          "CPUPerc",
          "CPU %",
          "WorkloadCPUPerc",
          "WORKLOAD CPU %",
          "MemUsage",
          "MEM USAGE / LIMIT",
          "HypervisorMem",
          "HOST MEM / LIMIT",
          "HypervisorTasks",
          "HOST TASKS");
  private static final String HOME_AND_CLEAR = "\u001b[H\u001b[J";

  @Override
  public Syntax syntax() {
    return Syntax.of(
            "stats", "[OPTIONS] [CONTAINER...]", "Show how much of the machine containers use")
        .flag('a', "all", "Those that do not run as well")
        .one("format", "FORMAT", "table, json, or a Go template")
        .flag("no-stream", "Show it once")
        .flag("no-trunc", "Do not shorten")
        .flag(
            "vm", "Only virtual machines, with what they cost the host beside what the guest sees")
        .example("abode stats --no-stream");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
    boolean terminal = session.isTerminal(Session.STDOUT);
    do {
      List<String> names = names(session, arguments);
      List<Json> rows = sample(session.api(), names, arguments.isOn("no-trunc"));
      // One write a frame, so that the table does not flicker.
      ByteArrayOutputStream frame = new ByteArrayOutputStream();
      PrintStream page = new PrintStream(frame, /* autoFlush= */ true, StandardCharsets.UTF_8);
      if (terminal && !arguments.isOn("no-stream")) {
        page.print(HOME_AND_CLEAR);
      }
      if (arguments.isOn("vm")) {
        rows.removeIf(row -> row.text("HypervisorMem").isEmpty());
      }
      (arguments.isOn("vm") ? MACHINES : LISTING).print(page, arguments.value("format"), rows);
      frame.writeTo(session.out());
      session.out().flush();
      // The engine takes a second between its two samples when there is something to measure.
      if (rows.isEmpty() && !arguments.isOn("no-stream")) {
        Thread.sleep(1000);
      }
    } while (!arguments.isOn("no-stream"));
    return 0;
  }

  private static List<String> names(Session session, Arguments arguments) throws IOException {
    if (!arguments.operands().isEmpty()) {
      return arguments.operands();
    }
    List<String> ids = new ArrayList<>();
    String all = arguments.isOn("all") ? "1" : "";
    for (Json container :
        session.api().get(ApiClient.query("/containers/json", "all", all)).json().items()) {
      ids.add(container.text("Id"));
    }
    return ids;
  }

  /** All at the same time: each answer takes as long as the engine measures. */
  private static List<Json> sample(ApiClient api, List<String> names, boolean whole)
      throws IOException, InterruptedException {
    List<Optional<Json>> rows = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    List<IOException> failures = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      rows.add(Optional.empty());
      int at = i;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      Json stats =
                          api.get(LifecycleVerbs.path(names.get(at), "stats") + "?stream=0").json();
                      synchronized (rows) {
                        rows.set(at, Optional.of(row(stats, whole)));
                      }
                    } catch (IOException | UncheckedIOException failed) {
                      synchronized (rows) {
                        failures.add(
                            failed instanceof IOException io ? io : new IOException(failed));
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    List<Json> present = new ArrayList<>();
    rows.forEach(row -> row.ifPresent(present::add));
    // One that ended between the list and the question is no failure; a name that never was one is.
    if (present.isEmpty() && !failures.isEmpty()) {
      throw failures.getFirst();
    }
    return present;
  }

  static Json row(Json stats, boolean whole) {
    long usage = stats.number("memory_stats", "usage");
    // What the kernel can take back at once is no use of memory: inactive file pages, under the
    // name
    // v1 or v2 gives them.
    Json details = stats.at("memory_stats", "stats");
    long cache = Math.max(details.number("total_inactive_file"), details.number("inactive_file"));
    long used = cache < usage ? usage - cache : usage;
    long limit = stats.number("memory_stats", "limit");
    long received = 0;
    long sent = 0;
    for (Json network : stats.fields("networks").values()) {
      received += network.number("rx_bytes");
      sent += network.number("tx_bytes");
    }
    long read = 0;
    long written = 0;
    for (Json entry : stats.items("blkio_stats", "io_service_bytes_recursive")) {
      switch (entry.text("op").toLowerCase(Locale.ROOT)) {
        case "read" -> read += entry.number("value");
        case "write" -> written += entry.number("value");
        default -> {
          // Sums and other operations.
        }
      }
    }
    String id = stats.text("id");
    String name = stats.text("name");
    String shown = whole ? id : Words.shortId(id);
    Json row =
        Json.object()
            .with("BlockIO", Words.size(read) + " / " + Words.size(written))
            .with("CPUPerc", percent(cpu(stats, "cpu_usage", "total_usage")))
            .with("Container", shown)
            .with("ID", shown)
            .with("MemPerc", percent(limit == 0 ? 0 : 100.0 * used / limit))
            .with("MemUsage", Words.binarySize(used) + " / " + Words.binarySize(limit))
            .with("Name", name.startsWith("/") ? name.substring(1) : name)
            .with("NetIO", Words.size(received) + " / " + Words.size(sent))
            .with("PIDs", Long.toString(stats.number("pids_stats", "current")));
    Json hypervisor = stats.at("hypervisor");
    long held = hypervisor.number("memory_usage");
    return held == 0
        ? row
        : row.with(
                "HypervisorMem",
                Words.binarySize(held)
                    + " / "
                    + Words.binarySize(hypervisor.number("memory_limit")))
            .with("HypervisorTasks", Long.toString(hypervisor.number("tasks")))
            .with("WorkloadCPUPerc", percent(cpu(stats, "workload_usage")));
  }

  /** A share of one processor, of which counter below {@code cpu_stats}. */
  private static double cpu(Json stats, String... counter) {
    double used = stats.at("cpu_stats").number(counter) - stats.at("precpu_stats").number(counter);
    double machine =
        stats.number("cpu_stats", "system_cpu_usage")
            - stats.number("precpu_stats", "system_cpu_usage");
    long cpus = Math.max(1, stats.number("cpu_stats", "online_cpus"));
    return used > 0 && machine > 0 ? used / machine * cpus * 100 : 0;
  }

  private static String percent(double value) {
    return String.format(Locale.ROOT, "%.2f%%", value);
  }
}
