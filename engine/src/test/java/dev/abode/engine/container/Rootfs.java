package dev.abode.engine.container;

import dev.abode.linux.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Alpine's published root file system, unpacked with tar(1) as a layer for tests. */
final class Rootfs {
  private Rootfs() {}

  /** In a folder of its own, to be given to {@link #delete}. */
  static Path alpine() throws IOException, InterruptedException {
    Path archive = TestImages.folder().resolve("rootfs/alpine-minirootfs-3.20.3-x86_64.tar.gz");
    Path folder = Files.createTempDirectory("abode-alpine");
    run(List.of("tar", "-xzf", archive.toString(), "-C", folder.toString()));
    return folder;
  }

  /** Deletes a folder without crossing into another file system. */
  static void delete(Path folder) throws IOException, InterruptedException {
    // The guest's rm(1) knows no other option, and the guest is thrown away anyhow.
    run(
        System.getenv("ABODE_GUEST") == null
            ? List.of("rm", "-rf", "--one-file-system", folder.toString())
            : List.of("rm", "-rf", folder.toString()));
  }

  /** Runs a program of the host; its output. */
  static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + " ended with " + process.exitValue() + ": " + output);
    }
    return output;
  }
}
