package dev.abode.engine.bridge;

import dev.abode.engine.network.Protocol;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Finds the process that has a port of the host: {@code proc(5)}, net/tcp and fd. */
final class PortHolder {
  private static final Path PROC = Path.of("/proc");

  private PortHolder() {}

  /** For example {@code process nginx (pid 123)}; empty when it cannot be told. */
  static Optional<String> of(Protocol protocol, int port) {
    try {
      Set<String> sockets = sockets(protocol, port);
      return sockets.isEmpty() ? Optional.empty() : holder(sockets);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Set<String> sockets(Protocol protocol, int port) throws IOException {
    Set<String> sockets = new HashSet<>();
    String suffix = String.format(Locale.ROOT, ":%04X", port);
    for (String file : List.of(protocol.word(), protocol.word() + "6")) {
      Path table = PROC.resolve("net").resolve(file);
      if (!Files.exists(table)) {
        continue;
      }
      for (String line : Files.readAllLines(table)) {
        String[] words = line.strip().split("\\s+", -1);
        if (words.length > 9 && words[1].endsWith(suffix)) {
          sockets.add("socket:[" + words[9] + "]");
        }
      }
    }
    // Sockets that are bound and do not listen are in no table of TCP.
    return sockets;
  }

  private static Optional<String> holder(Set<String> sockets) throws IOException {
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        if (holds(process, sockets)) {
          String name = Files.readString(process.resolve("comm")).strip();
          return Optional.of("process " + name + " (pid " + process.getFileName() + ")");
        }
      }
    }
    return Optional.empty();
  }

  private static boolean holds(Path process, Set<String> sockets) {
    try (DirectoryStream<Path> open = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : open) {
        if (Files.isSymbolicLink(descriptor)
            && sockets.contains(Files.readSymbolicLink(descriptor).toString())) {
          return true;
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      // It ended meanwhile, or closed that descriptor.
      return false;
    }
    return false;
  }
}
