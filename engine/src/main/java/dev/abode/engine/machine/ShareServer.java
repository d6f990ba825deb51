package dev.abode.engine.machine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The program that serves folders to guests: virtiofsd.
 *
 * @param edition how it is commanded
 * @param libraries folders with the shared libraries it is linked with
 */
public record ShareServer(Path program, Edition edition, List<Path> libraries) {
  private static final Tool LDD = new Tool("ldd", "libc-bin");

  /** The two programs of that name. Both end by themselves when their machine does. */
  enum Edition {
    /** The one in C, which QEMU brought up to 7.2. */
    QEMU("/usr/lib/qemu/virtiofsd"),
    /** The one in Rust, which took its place, in a package of its own. */
    RUST("/usr/libexec/virtiofsd");

    private final String program;

    Edition(String program) {
      this.program = program;
    }

    private Path at(Path root) {
      return root.resolve(program.substring(1));
    }
  }

  public ShareServer {
    libraries = List.copyOf(libraries);
  }

  /**
   * The one of this host.
   *
   * @throws EngineException UNSUPPORTED when there is none
   */
  public static ShareServer find() throws IOException {
    Optional<Edition> edition = edition(Path.of("/"));
    if (edition.isPresent()) {
      Path program = edition.get().at(Path.of("/"));
      return new ShareServer(
          program,
          edition.get(),
          Hypervisors.libraries(
              LDD.run("find the libraries of virtiofsd", List.of(program.toString()))));
    }
    throw new EngineException(
        Kind.UNSUPPORTED,
        "folders and volumes reach a virtual machine through virtiofsd, and there is neither "
            + Edition.QEMU.program
            + " nor "
            + Edition.RUST.program
            + "; install virtiofsd, or with QEMU 7.2 qemu-system-common, or keep the files on the"
            + " machine's own disk");
  }

  /** Which one there is below {@code root}, if any. */
  static Optional<Edition> edition(Path root) {
    // Debian's package of the one in Rust leaves a link to it where the other one was.
    return Arrays.stream(Edition.values())
        .filter(edition -> Files.isExecutable(edition.at(root)))
        .filter(edition -> !Files.isSymbolicLink(edition.at(root)))
        .findFirst();
  }

  /** Its command line in the jail. */
  List<String> command(String socket) {
    // Attributes are kept for a second: what one side writes the other sees when it opens. As many
    // descriptors as it was given: more it may not ask for.
    return switch (edition) {
      case QEMU ->
          List.of(
              program.toString(),
              "-f",
              "-o",
              "sandbox=chroot,cache=auto,xattr,log_level=err,source=" + ShareJail.ROOT,
              "--rlimit-nofile=0",
              "--socket-path=" + socket);
      case RUST ->
          List.of(
              program.toString(),
              "--shared-dir=" + ShareJail.ROOT,
              "--sandbox=chroot",
              "--cache=auto",
              "--xattr",
              "--log-level=error",
              "--rlimit-nofile=0",
              "--socket-path=" + socket);
    };
  }
}
