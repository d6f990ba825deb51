package dev.abode.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * What an engine may leave on the host: mounts, in whatever mount namespace, of folders below its
 * root; control groups named by its instances; processes in those groups, or shims of its run
 * folder; network interfaces; sockets and folders. Other engines may be at work on the same host,
 * so only what can be told to be this engine's counts.
 */
record HostState(
    Set<String> mounts,
    Set<String> controlGroups,
    Set<String> processes,
    Set<String> interfaces,
    Set<String> runFiles) {

  /**
   * @param marks texts one of which is in every path of this engine's: its folder, its run folder
   * @param ids of all instances it ever had
   */
  static HostState of(List<Path> marks, Set<String> ids) throws IOException {
    Set<String> needles = new TreeSet<>();
    marks.forEach(mark -> needles.add(mark.toString()));
    Set<String> mounts = new TreeSet<>();
    Set<String> processes = new TreeSet<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : all) {
        text(process.resolve("mountinfo"))
            .lines()
            .filter(line -> holds(line, needles))
            // The number and the parent differ in every namespace.
            .forEach(line -> mounts.add(line.replaceFirst("^\\d+ \\d+ ", "")));
        String groups = text(process.resolve("cgroup"));
        String words = text(process.resolve("cmdline")).replace('\0', ' ');
        boolean shim = words.startsWith("abode-init") && holds(words, needles);
        if (shim || holds(groups, ids)) {
          processes.add(process.getFileName() + " " + words);
        }
      }
    }
    Set<String> runFiles = new TreeSet<>();
    for (Path mark : marks) {
      if (mark.startsWith("/run") && Files.isDirectory(mark)) {
        try (Stream<Path> files = Files.walk(mark)) {
          files
              .filter(file -> !Files.isDirectory(file))
              .forEach(file -> runFiles.add(file.toString()));
        } catch (UncheckedIOException e) {
          runFiles.add(mark + " is being deleted");
        }
      }
    }
    return new HostState(mounts, groupsOf(ids), processes, interfacesOf(marks), runFiles);
  }

  /**
   * Waits until this is what is left: what has ended leaves by and by, and the kernel takes an
   * interface away a moment after its namespace.
   *
   * @throws AssertionError that tells the difference, if it stays
   */
  void awaitIn(Callable<HostState> now) throws Exception {
    try {
      Eventually.until("the host is as it was", () -> now.call().equals(this));
    } catch (AssertionError late) {
      assertThat(now.call()).as(late.getMessage()).isEqualTo(this);
    }
  }

  private static boolean holds(String text, Set<String> needles) {
    return needles.stream().anyMatch(text::contains);
  }

  /** Empty for a process that is gone meanwhile. */
  private static String text(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  private static Set<String> groupsOf(Set<String> ids) throws IOException {
    Set<String> found = new TreeSet<>();
    List<Path> hierarchies = new ArrayList<>(List.of(Path.of("/sys/fs/cgroup")));
    try (DirectoryStream<Path> controllers =
        Files.newDirectoryStream(Path.of("/sys/fs/cgroup"), Files::isDirectory)) {
      controllers.forEach(hierarchies::add);
    }
    for (Path hierarchy : hierarchies) {
      for (String id : ids) {
        Path group = hierarchy.resolve("abode").resolve(id);
        if (Files.exists(group)) {
          found.add(group.toString());
        }
      }
    }
    return found;
  }

  /** The host's ends of instances' interfaces, which are named after their engine's root folder. */
  private static Set<String> interfacesOf(List<Path> marks) throws IOException {
    Set<String> names = new TreeSet<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/sys/class/net"))) {
      for (Path link : all) {
        String name = link.getFileName().toString();
        if (marks.stream().anyMatch(mark -> name.startsWith("v" + tag(mark) + "."))) {
          names.add(name);
        }
      }
    }
    return names;
  }

  /** What the names of an engine's things in the kernel begin with, after a letter. */
  static String tag(Path root) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(root.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, 5);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
