package dev.abode.cli.compare;

import dev.abode.cli.compare.Comparison.Column;
import dev.abode.cli.compare.Place.Inhabitant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes the measures, in turns: one run in each place, then the next run in each place, so that
 * whatever else the machine does at a moment falls upon all of them.
 *
 * <p>A place in which something fails keeps the reason in its cells; the others go on.
 */
final class Measuring implements AutoCloseable {
  private static final double MIB = 1024.0 * 1024.0;
  private static final double MILLIS = 1e6;

  /** From here on a start is called heavy: there are fewer of them. */
  private static final double HEAVY_MILLIS = 400;

  /** From here on an instance is called large: fewer of them idle at once. */
  private static final long LARGE_BYTES = 16L << 20;

  /** Less idle time than this, in milliseconds a second, is below what can be told apart. */
  private static final double NOTHING = 0.02;

  /** Names of what the probe tells of its work, and whose measures they are. */
  private static final Map<String, Measure> WORK =
      Map.of(
          "cpu", Measure.CPU,
          "memory", Measure.COPYING,
          "calls", Measure.CALLS,
          "write", Measure.WRITING,
          "read", Measure.READING,
          "metadata", Measure.METADATA);

  private final Probe probe;
  private final Scale scale;
  private final Progress progress;
  private final Map<Place, Findings> findings = new LinkedHashMap<>();

  /** Those that stay, the first of them being asked to do things. */
  private final Map<Place, List<Inhabitant>> residents = new LinkedHashMap<>();

  Measuring(List<Place> places, Probe probe, Scale scale, Progress progress) {
    this.probe = probe;
    this.scale = scale;
    this.progress = progress;
    for (Place place : places) {
      findings.put(place, new Findings());
    }
  }

  /** Takes all measures; afterwards {@link #found} tells them. */
  void run() throws InterruptedException {
    starts();
    settle();
    work();
    conversations();
    observations();
    crowds();
    idleness();
    storage();
  }

  Map<Column, Map<Measure, Cell>> found() {
    Map<Column, Map<Measure, Cell>> found = new LinkedHashMap<>();
    findings.forEach((place, known) -> found.put(place.column(), known.cells()));
    return found;
  }

  private List<Inhabitant> residentsOf(Place place) {
    return residents.computeIfAbsent(place, none -> new ArrayList<>());
  }

  /** Something done in one place. */
  private interface Act {
    void in(Place place, Findings known) throws IOException, InterruptedException;
  }

  /** Something done by one who lives there. */
  private interface Deed {
    void by(Inhabitant resident, Findings known) throws IOException, InterruptedException;
  }

  private void each(List<Measure> concerned, Act act) throws InterruptedException {
    for (Map.Entry<Place, Findings> entry : findings.entrySet()) {
      try {
        act.in(entry.getKey(), entry.getValue());
      } catch (IOException | RuntimeException failed) {
        String reason = String.valueOf(failed.getMessage());
        concerned.forEach(measure -> entry.getValue().giveUp(measure, reason));
      }
    }
  }

  private void eachResident(List<Measure> concerned, Deed deed) throws InterruptedException {
    each(
        concerned,
        (place, known) -> {
          if (residentsOf(place).isEmpty()) {
            throw new IOException("no instance could be started");
          }
          deed.by(residentsOf(place).getFirst(), known);
        });
  }

  private boolean goesOn(int round, Duration until) {
    return round < scale.rounds() && (round == 0 || progress.elapsed().compareTo(until) < 0);
  }

  private void starts() throws InterruptedException {
    List<Measure> concerned = List.of(Measure.READY, Measure.FIRST_BYTE);
    // The first of all may unpack, convert and compile; it is no sample.
    progress.step("starting one instance of each kind, to have everything prepared");
    each(concerned, (place, known) -> place.start().close());
    progress.step("starting instances in turns");
    for (int round = 0; goesOn(round, scale.untilWork()); round++) {
      progress.detail("starting instances in turns, run " + (round + 1));
      each(
          concerned,
          (place, known) -> {
            int starts = 0;
            do {
              try (Inhabitant started = place.start()) {
                started.readyMillis().ifPresent(millis -> known.add(Measure.READY, millis));
                known.add(Measure.FIRST_BYTE, started.firstByteMillis());
              }
              starts++;
            } while (!isHeavy(known) && starts < scale.lightStarts());
          });
    }
    each(
        concerned,
        (place, known) -> known.giveUp(Measure.READY, "nobody says of a process that it is ready"));
  }

  private void settle() throws InterruptedException {
    each(List.of(), (place, known) -> residentsOf(place).add(place.start()));
  }

  private void work() throws InterruptedException {
    progress.step("computing, copying, and working on files in turns");
    for (int round = 0; goesOn(round, scale.untilCrowd()); round++) {
      progress.detail("computing, copying, and working on files in turns, run " + (round + 1));
      eachResident(
          List.copyOf(WORK.values()),
          (resident, known) -> {
            Answers answers = resident.ask("work", resident.workFolder());
            for (Map.Entry<String, Measure> kind : WORK.entrySet()) {
              known.add(kind.getValue(), answers.number(kind.getKey()));
            }
          });
    }
  }

  private void conversations() throws InterruptedException {
    progress.step("talking over the network in turns");
    for (int round = 0; goesOn(round, scale.untilCrowd()); round++) {
      eachResident(
          List.of(Measure.ROUND_TRIP, Measure.THROUGHPUT),
          (resident, known) -> {
            String address =
                switch (resident.reach()) {
                  case Place.Reach.At at -> at.address();
                  case Place.Reach.NoWay noWay -> throw new IOException(noWay.reason());
                };
            Answers answers = probe.ask("ping", address, Probe.PORT);
            known.add(Measure.ROUND_TRIP, answers.number("roundtrip"));
            known.add(Measure.THROUGHPUT, answers.number("throughput"));
          });
    }
  }

  private void observations() throws InterruptedException {
    progress.step("looking at the host from inside");
    List<Measure> concerned =
        List.of(Measure.KERNEL, Measure.DEVICES, Measure.PROCESSES, Measure.USER);
    String boot = bootOfThisKernel();
    eachResident(
        concerned,
        (resident, known) -> {
          Answers seen = resident.ask("look");
          boolean shared = seen.word("boot").equals(boot);
          known.put(
              Measure.KERNEL,
              new Cell.Observed(shared ? "the host's" : "its own, " + seen.word("release")));
          known.put(Measure.DEVICES, Cell.Measured.once(seen.number("devices")));
          known.put(Measure.PROCESSES, Cell.Measured.once(seen.number("processes")));
          known.put(Measure.USER, new Cell.Observed(userOf(resident.pid())));
        });
    eachResident(
        List.of(Measure.REACHABLE_CALLS),
        (resident, known) ->
            known.put(
                Measure.REACHABLE_CALLS,
                Cell.Measured.once(
                    probe.ask("filters", Long.toString(resident.pid())).number("reachable"))));
  }

  private static String bootOfThisKernel() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException unreadable) {
      return "unknown";
    }
  }

  private static String userOf(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith("Uid:")) {
        String user = line.split("\\s+", -1)[2];
        return user.equals("0") ? "root" : "user " + user + ", nobody";
      }
    }
    throw new IOException("the kernel does not tell the user of process " + pid);
  }

  private void crowds() throws InterruptedException {
    progress.step("starting many idle instances");
    each(
        List.of(),
        (place, known) -> {
          List<Inhabitant> crowd = residentsOf(place);
          int size = isLarge(crowd) ? scale.heavyCrowd() : scale.crowd();
          int alone = crowd.size();
          long available = Machine.availableBytes();
          while (!crowd.isEmpty()
              && crowd.size() < size
              && (crowd.size() < 2 || progress.elapsed().compareTo(scale.limit()) < 0)) {
            crowd.add(place.start());
            progress.detail("starting many idle instances, " + crowd.size() + " of " + size);
          }
          int more = Math.max(1, crowd.size() - alone);
          known.wentForEach((available - Machine.availableBytes()) / (double) more);
        });
  }

  private static boolean isLarge(List<Inhabitant> crowd) throws IOException {
    return !crowd.isEmpty()
        && ServingProcesses.of(crowd.getFirst().pid()).memoryBytes() > LARGE_BYTES;
  }

  private static boolean isHeavy(Findings known) {
    return known.cells().get(Measure.FIRST_BYTE) instanceof Cell.Measured start
        && start.median() > HEAVY_MILLIS;
  }

  private void idleness() throws InterruptedException {
    progress.step("watching them for " + scale.watch().toSeconds() + " s");
    List<Measure> concerned = List.of(Measure.MEMORY, Measure.IDLE_CPU, Measure.FIT);
    Map<Place, Watched> watched = new LinkedHashMap<>();
    each(
        concerned,
        (place, known) -> {
          List<ServingProcesses> all = new ArrayList<>();
          for (Inhabitant resident : residentsOf(place)) {
            all.add(ServingProcesses.of(resident.pid()));
          }
          if (all.isEmpty()) {
            throw new IOException("no instance could be started");
          }
          watched.put(place, new Watched(all, processorNanos(all)));
        });
    long begin = System.nanoTime();
    Thread.sleep(scale.watch());
    each(
        concerned,
        (place, known) -> {
          Watched crowd = watched.get(place);
          if (crowd == null) {
            return;
          }
          List<ServingProcesses> all = crowd.processes();
          double seconds = (System.nanoTime() - begin) / 1e9;
          double idle = (processorNanos(all) - crowd.nanosBefore()) / MILLIS / seconds / all.size();
          long bytes = 0;
          for (ServingProcesses one : all) {
            bytes += one.memoryBytes();
          }
          double each = (double) bytes / all.size();
          known.put(Measure.IDLE_CPU, Cell.Measured.once(idle));
          known.put(Measure.MEMORY, Cell.Measured.once(each / MIB));
          // Other programs move the second figure as well, and may even make it negative.
          double went = Math.max(each, known.wentForEach());
          known.put(Measure.FIT, new Cell.Projected(all.size(), all.size() + room(went, idle)));
        });
  }

  /** A crowd, and the processor time it had had when the watch began. */
  private record Watched(List<ServingProcesses> processes, long nanosBefore) {}

  private static long processorNanos(List<ServingProcesses> all) throws IOException {
    long nanos = 0;
    for (ServingProcesses one : all) {
      nanos += one.processorNanos();
    }
    return nanos;
  }

  /** How many more there is memory and processor time for. */
  private static long room(double bytesEach, double idleMillisEach) throws IOException {
    double byMemory = Machine.availableBytes() / bytesEach;
    double byTime =
        Runtime.getRuntime().availableProcessors() * 1000 / Math.max(idleMillisEach, NOTHING);
    return (long) Math.min(byMemory, byTime);
  }

  private void storage() throws InterruptedException {
    progress.step("adding up what is on the disk");
    each(
        List.of(Measure.IMAGE_DISK),
        (place, known) -> known.put(Measure.IMAGE_DISK, place.imageDisk()));
    eachResident(
        List.of(Measure.INSTANCE_DISK),
        (resident, known) -> known.put(Measure.INSTANCE_DISK, resident.disk()));
  }

  /** Ends and removes every instance that is still there. */
  @Override
  public void close() throws IOException {
    progress.step("removing everything that was made");
    IOException first = null;
    for (List<Inhabitant> crowd : residents.values()) {
      for (Inhabitant resident : crowd) {
        try {
          resident.close();
        } catch (IOException failed) {
          if (first == null) {
            first = failed;
          } else {
            first.addSuppressed(failed);
          }
        }
      }
      crowd.clear();
    }
    if (first != null) {
      throw first;
    }
  }
}
