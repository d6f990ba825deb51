package dev.abode.cli.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The processes of the host that serve one instance: its first process or its hypervisor, who
 * supervises that, and all that descend from them. The engine is not among them.
 */
record ServingProcesses(List<ProcessHandle> processes) {
  private static final Path PROC = Path.of("/proc");

  /**
   * Finds them.
   *
   * @param first the host's number of the instance's first process
   * @throws IOException if there is none of that number
   */
  static ServingProcesses of(long first) throws IOException {
    ProcessHandle process =
        ProcessHandle.of(first)
            .orElseThrow(() -> new IOException("there is no process " + first + " any more"));
    ProcessHandle top = process.parent().filter(ServingProcesses::isSupervisor).orElse(process);
    return new ServingProcesses(Stream.concat(Stream.of(top), top.descendants()).toList());
  }

  /** Ours, containerd's, Podman's: each supervises one instance. */
  private static boolean isSupervisor(ProcessHandle parent) {
    try {
      String name = Files.readString(PROC.resolve(parent.pid() + "/comm")).strip();
      return name.startsWith("abode-init")
          || name.startsWith("containerd-shim")
          || name.equals("conmon");
    } catch (IOException gone) {
      return false;
    }
  }

  /** Memory in bytes; a page that several processes share counts in parts (proc(5), Pss). */
  long memoryBytes() throws IOException {
    long kibibytes = 0;
    for (ProcessHandle process : processes) {
      Optional<String> line;
      try (Stream<String> lines =
          Files.lines(file(process, "smaps_rollup"), StandardCharsets.UTF_8)) {
        line = lines.filter(candidate -> candidate.startsWith("Pss:")).findFirst();
      } catch (UncheckedIOException failed) {
        throw new IOException("cannot read the memory of process " + process.pid(), failed);
      }
      kibibytes += line.map(pss -> Long.parseLong(pss.replaceAll("\\D", ""))).orElse(0L);
    }
    return kibibytes * 1024;
  }

  /** Processor time since their start, in nanoseconds, of all their threads. */
  long processorNanos() throws IOException {
    long nanos = 0;
    for (ProcessHandle process : processes) {
      try (DirectoryStream<Path> threads = Files.newDirectoryStream(file(process, "task"))) {
        for (Path thread : threads) {
          // Its first number; proc/PID/schedstat in the kernel's sched-stats.rst.
          String statistics = Files.readString(thread.resolve("schedstat"));
          nanos += Long.parseLong(statistics.substring(0, statistics.indexOf(' ')));
        }
      }
    }
    return nanos;
  }

  private static Path file(ProcessHandle process, String name) {
    return PROC.resolve(Long.toString(process.pid())).resolve(name);
  }
}
