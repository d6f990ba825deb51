package dev.abode.engine.machine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The program that serves folders to guests: virtiofsd as QEMU 7.2 brings it.
 *
 * @param libraries folders with the shared libraries it is linked with
 */
public record ShareServer(Path program, List<Path> libraries) {
  private static final Path PROGRAM = Path.of("/usr/lib/qemu/virtiofsd");
  private static final Tool LDD = new Tool("ldd", "libc-bin");

  public ShareServer {
    libraries = List.copyOf(libraries);
  }

  /**
   * The one of this host.
   *
   * @throws EngineException UNSUPPORTED when there is none
   */
  public static ShareServer find() throws IOException {
    if (!Files.isExecutable(PROGRAM)) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "folders and volumes reach a virtual machine through "
              + PROGRAM
              + ", which is not there; install qemu-system-common of QEMU 7.2, or keep the files on"
              + " the machine's own disk");
    }
    return new ShareServer(
        PROGRAM,
        Hypervisors.libraries(
            LDD.run("find the libraries of virtiofsd", List.of(PROGRAM.toString()))));
  }

  /** Its command line in the jail. */
  List<String> command(String socket) {
    return List.of(
        program.toString(),
        "-f",
        "-o",
        // Attributes are kept for a second: what one side writes the other sees when it opens.
        "sandbox=chroot,cache=auto,xattr,log_level=err,source=" + ShareJail.ROOT,
        // As many as it was given: more it may not ask for.
        "--rlimit-nofile=0",
        "--socket-path=" + socket);
  }
}
