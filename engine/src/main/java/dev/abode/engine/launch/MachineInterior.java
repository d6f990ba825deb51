package dev.abode.engine.launch;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.filesystem.GuestFiles;
import dev.abode.engine.filesystem.GuestServer;
import dev.abode.engine.filesystem.GuestTree;
import dev.abode.engine.filesystem.GuestUpper;
import dev.abode.engine.filesystem.UpperDirectory;
import dev.abode.engine.filesystem.WrittenFiles;
import dev.abode.engine.instance.Change;
import dev.abode.engine.machine.GuestFilesPlan;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Remote;
import dev.abode.init.ShimBinary;
import dev.abode.init.ShimEvent;
import dev.abode.init.Supervision;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A look into a virtual machine: through its agent while it runs; while it does not, through a
 * machine that boots with its disks, serves files, and ends. What is on a guest's disk is looked at
 * by a guest's kernel only.
 */
final class MachineInterior {
  /** The name of the disk in the instance's folder. */
  static final String DISK = "disk";

  private final ShimBinary shims;
  private final Path holds;
  private final Boots boots;

  /**
   * @param holds for the sockets of servers
   * @param boots how a machine is booted whose workload does not run
   */
  MachineInterior(ShimBinary shims, Path holds, Boots boots) {
    this.shims = shims;
    this.holds = holds;
    this.boots = boots;
  }

  /** Boots machines that run no workload. */
  interface Boots {
    /** The plan of a machine with the disks of {@code at}, in which {@code guest} is played. */
    LaunchPlan plan(Whereabouts at, LaunchPlan guest, Path console) throws IOException;

    /** Whether it is paused: then its agent answers nothing. */
    boolean isPaused(Whereabouts at) throws IOException;

    EngineException explain(Whereabouts at, LaunchPlan plan, ShimEvent.Failed failure);

    /** Takes away what {@link #plan} made. */
    void end(Whereabouts at) throws IOException;
  }

  GuestFiles files(Whereabouts at) {
    return new GuestFiles(
        () ->
            at.workload().isPresent()
                ? running(at, GuestFilesPlan.ofWorkload())
                : stopped(
                    at,
                    GuestFilesPlan.ofRest(
                        at.record().id(), at.layers().size(), at.record().spec().readOnlyRootfs())),
        at.record().spec().readOnlyRootfs());
  }

  private GuestTree upper(Whereabouts at) throws IOException {
    return at.workload().isPresent()
        ? running(at, GuestFilesPlan.ofUpper(/* mounted= */ true))
        : stopped(at, GuestFilesPlan.ofUpper(/* mounted= */ false));
  }

  private GuestTree running(Whereabouts at, LaunchPlan guest) throws IOException {
    if (boots.isPaused(at)) {
      throw new EngineException(
          Kind.CONFLICT,
          at.record().name()
              + " is a virtual machine that is paused, and what is in it can only be asked for while"
              + " it runs; unpause it first");
    }
    LaunchPlan plan =
        LaunchPlan.elsewhere(supervision(new Remote.Session(at.run().socket(), guest)));
    return new GuestTree(
        GuestServer.start(shims, plan, holds, failure -> boots.explain(at, plan, failure)));
  }

  private GuestTree stopped(Whereabouts at, LaunchPlan guest) throws IOException {
    Path console = holds.resolve(UUID.randomUUID() + ".console");
    Files.createDirectories(holds);
    LaunchPlan plan = boots.plan(at, guest, console);
    try {
      GuestServer server =
          GuestServer.start(shims, plan, holds, failure -> boots.explain(at, plan, failure));
      return new GuestTree(new Booted(server, () -> clean(at, console)));
    } catch (IOException | RuntimeException e) {
      try {
        clean(at, console);
      } catch (IOException cleaning) {
        e.addSuppressed(cleaning);
      }
      throw e;
    }
  }

  private void clean(Whereabouts at, Path console) throws IOException {
    boots.end(at);
    Files.deleteIfExists(console);
    Files.deleteIfExists(console.resolveSibling(console.getFileName() + ".1"));
  }

  /** What is done once a server is gone. */
  @FunctionalInterface
  private interface Cleaning {
    void run() throws IOException;
  }

  /** A server, and the machine that was booted for it. */
  private record Booted(GuestServer server, Cleaning cleaning) implements GuestTree.Connection {
    @Override
    public InputStream answers() {
      return server.answers();
    }

    @Override
    public OutputStream requests() {
      return server.requests();
    }

    @Override
    public void close() throws IOException {
      try {
        server.close();
      } finally {
        cleaning.run();
      }
    }
  }

  private static Supervision supervision(Remote remote) {
    return new Supervision(
        false,
        0,
        0,
        true,
        true,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(remote));
  }

  WrittenFiles written(Whereabouts at) {
    return new Written(this, at);
  }

  /** What is on the disk: copied to the host to be looked at. */
  private record Written(MachineInterior interior, Whereabouts at) implements WrittenFiles {
    private Path copy(boolean content) throws IOException {
      Path copy = at.folder().path().resolve("written-" + UUID.randomUUID());
      try {
        GuestUpper.copy(() -> interior.upper(at), copy, content);
        return copy;
      } catch (IOException | RuntimeException e) {
        delete(copy);
        throw e;
      }
    }

    private static void delete(Path copy) throws IOException {
      if (Files.exists(copy)) {
        FileTree.delete(copy);
      }
    }

    @Override
    public List<Change> changes() throws IOException {
      Path copy = copy(/* content= */ false);
      try {
        Set<String> mountPoints = new HashSet<>(ContainerWalls.KERNEL_MOUNTS);
        at.record().mounts().forEach(mount -> mountPoints.add(mount.target()));
        return new UpperDirectory(copy, at.layers(), mountPoints).changes();
      } finally {
        delete(copy);
      }
    }

    @Override
    public long sizeBytes() throws IOException {
      try (FileTree tree = FileTree.open(at.folder().path())) {
        return tree.status("/" + DISK).map(FileTreeStatus::allocatedBytes).orElse(0L);
      }
    }

    @Override
    public Layer layer() throws IOException {
      Path copy = copy(/* content= */ true);
      return new Layer() {
        @Override
        public Path folder() {
          return copy;
        }

        @Override
        public void close() throws IOException {
          delete(copy);
        }
      };
    }
  }
}
