package dev.abode.init;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * How long a whole container takes, from the spawning of its shim to the news of its exit, and
 * which part of it. Prints medians in microseconds; run it by hand, on a quiet machine.
 */
final class LaunchBenchmark {
  private static final int WARM_UP = 100;
  private static final int ROUNDS = 400;

  private enum Part {
    SPAWNED,
    STARTED,
    EXITED,
    GONE
  }

  private LaunchBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createTempDirectory("launch");
    LaunchPlan container = ContainerPlan.in(folder).plan();
    LaunchPlan bare =
        ContainerPlan.onHost(ContainerPlan.supervision(false, false), "/bin/busybox", "true");
    try (ShimBinary binary = ShimBinary.load()) {
      measure("no namespaces", binary, bare, folder.resolve("s"));
      measure("container", binary, container, folder.resolve("s"));
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  private static void measure(String name, ShimBinary binary, LaunchPlan plan, Path socket)
      throws IOException {
    List<long[]> samples = new ArrayList<>();
    for (int round = 0; round < WARM_UP + ROUNDS; round++) {
      long[] times = once(binary, plan, socket);
      if (round >= WARM_UP) {
        samples.add(times);
      }
    }
    StringBuilder line = new StringBuilder(name).append(':');
    for (Part part : Part.values()) {
      long[] sorted = samples.stream().mapToLong(times -> times[part.ordinal()]).sorted().toArray();
      line.append(' ').append(part).append(' ').append(sorted[sorted.length / 2] / 1000);
    }
    System.out.println(line.append(" us from the beginning, medians of ").append(ROUNDS));
  }

  private static long[] once(ShimBinary binary, LaunchPlan plan, Path socket) throws IOException {
    long[] times = new long[Part.values().length];
    long begin = System.nanoTime();
    try (Shim shim = binary.spawn(plan, socket)) {
      shim.start();
      times[Part.SPAWNED.ordinal()] = System.nanoTime() - begin;
      while (true) {
        switch (shim.next()) {
          case ShimEvent.Started _ -> times[Part.STARTED.ordinal()] = System.nanoTime() - begin;
          case ShimEvent.Exited _ -> times[Part.EXITED.ordinal()] = System.nanoTime() - begin;
          case ShimEvent.Gone() -> {
            times[Part.GONE.ordinal()] = System.nanoTime() - begin;
            return times;
          }
          case ShimEvent.Failed failed -> throw new IOException(failed.toString());
          case ShimEvent.Booting _, ShimEvent.Ready _, ShimEvent.Answer _ -> {}
          case ShimEvent.Waiting(), ShimEvent.Created _, ShimEvent.Output _ -> {}
        }
      }
    }
  }
}
