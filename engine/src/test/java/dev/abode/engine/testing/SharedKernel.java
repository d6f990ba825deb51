package dev.abode.engine.testing;

import dev.abode.engine.guest.Kernels;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The guest's kernel package, fetched once for all tests of a checkout. */
public final class SharedKernel {
  private static final Path FOLDER = Path.of("target/kernels").toAbsolutePath();
  private static final String PACKAGE = "package";

  private SharedKernel() {}

  /** Lets an engine's or a test's {@code folder} of kernels find the package without a fetch. */
  public static void provide(Path folder) throws IOException {
    Files.createDirectories(FOLDER);
    try (FileChannel lock =
        FileChannel.open(
            FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock.lock();
      new Kernels(FOLDER, new byte[0]).ready();
    }
    Files.createDirectories(folder);
    Path fetched = FOLDER.resolve(PACKAGE);
    if (Files.isDirectory(fetched)) {
      Files.createSymbolicLink(folder.resolve(PACKAGE), fetched);
    }
  }

  /** The modules of the kernel that {@link #provide} gave {@code folder}, or of the host's. */
  public static Path modules(Path folder) throws IOException {
    for (Path candidate :
        new Path[] {
          folder.resolve(PACKAGE).resolve("lib/modules"),
          folder.resolve(PACKAGE).resolve("usr/lib/modules"),
          Path.of("/lib/modules")
        }) {
      if (Files.isDirectory(candidate)) {
        try (DirectoryStream<Path> releases =
            Files.newDirectoryStream(candidate, "*-{cloud-amd64,generic}")) {
          for (Path release : releases) {
            return release;
          }
        }
      }
    }
    throw new IllegalStateException("no modules of a guest's kernel in " + folder);
  }
}
