package dev.abode.cli.compare;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The program that is run everywhere, laid down on the host in a folder that goes with it. */
final class Probe implements AutoCloseable {
  /** What it is called in an image. */
  static final String NAME = "abode-probe";

  /** The port it serves at. */
  static final String PORT = "7007";

  private final Path folder;

  private Probe(Path folder) {
    this.folder = folder;
  }

  /** Writes the program, which is a resource of this package, to a new folder on the disk. */
  static Probe layDown() throws IOException {
    // Not /tmp, which is often memory: files are to be measured as instances have them.
    Probe probe = new Probe(Files.createTempDirectory(Path.of("/var/tmp"), "abode-compare-"));
    try (InputStream program = Probe.class.getResourceAsStream(NAME)) {
      if (program == null) {
        throw new FileNotFoundException(NAME + " is not part of this build of abode");
      }
      Files.copy(program, probe.path());
      Files.setPosixFilePermissions(probe.path(), PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    return probe;
  }

  Path path() {
    return folder.resolve(NAME);
  }

  /** Where a native probe works on files. */
  Path workFolder() {
    return folder.resolve("files");
  }

  /**
   * Runs it on the host, to its end.
   *
   * @throws IOException with what it said, if it failed
   */
  Answers ask(String... words) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(path().toString()));
    line.addAll(List.of(words));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String printed;
    try (InputStream output = process.getInputStream()) {
      printed = new String(output.readAllBytes(), StandardCharsets.UTF_8);
    }
    if (process.waitFor() != 0) {
      throw new IOException(printed.strip());
    }
    return Answers.of(printed);
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path());
    Files.deleteIfExists(workFolder().resolve("data"));
    Files.deleteIfExists(workFolder());
    Files.deleteIfExists(folder);
  }
}
