package dev.abode.engine.launch;

import dev.abode.engine.cgroup.Cgroup;
import dev.abode.engine.container.ContainerGround;
import dev.abode.engine.container.ContainerPlan;
import dev.abode.engine.criu.Criu;
import dev.abode.engine.criu.ProcessDump;
import dev.abode.engine.criu.ProcessImages;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Sharing;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.init.Shim;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a container's processes are at a moment: criu's images of them in a folder {@value #FOLDER},
 * and in a file {@value #WALLS} which parts of their walls were not criu's to save.
 */
final class ProcessSnapshot {
  private static final String FOLDER = "processes";
  private static final String WALLS = "walls";
  private static final String UNFINISHED = ".new";
  private static final String MOUNT = "mount ";
  private static final String PIPE = "pipe ";
  private static final String CONSOLE = "console ";

  private ProcessSnapshot() {}

  /**
   * What the walls of saved processes were.
   *
   * @param mounts paths inside of mounts that criu has not saved
   * @param pipes from 0, 1 and 2, the standard streams, to how criu calls the pipes that led to the
   *     shim
   * @param console the terminal inside that is mounted at {@code /dev/console}
   */
  record SavedWalls(List<String> mounts, Map<Integer, String> pipes, Optional<String> console) {
    private void write(Path folder) throws IOException {
      List<String> lines = new ArrayList<>();
      mounts.forEach(mount -> lines.add(MOUNT + mount));
      pipes.forEach((stream, pipe) -> lines.add(PIPE + stream + ' ' + pipe));
      console.ifPresent(terminal -> lines.add(CONSOLE + terminal));
      Files.write(folder.resolve(WALLS), lines);
    }

    static SavedWalls read(Path folder) throws IOException {
      List<String> lines = Files.readAllLines(folder.resolve(WALLS));
      Map<Integer, String> pipes = new TreeMap<>();
      for (String line : lines) {
        if (line.startsWith(PIPE)) {
          String[] words = line.split(" ", 3);
          pipes.put(Integer.parseInt(words[1]), words[2]);
        }
      }
      return new SavedWalls(
          behind(MOUNT, lines), pipes, behind(CONSOLE, lines).stream().findFirst());
    }

    private static List<String> behind(String word, List<String> lines) {
      return lines.stream()
          .filter(line -> line.startsWith(word))
          .map(line -> line.substring(word.length()))
          .toList();
    }
  }

  // ---- saving

  /**
   * Saves the processes of a container that runs, and has {@code meanwhile} run while they stand
   * still.
   *
   * @throws EngineException UNSUPPORTED when they cannot be saved, with the reason; they go on
   */
  static SavedState save(
      Criu criu,
      Cgroup cgroup,
      Whereabouts at,
      Workload workload,
      Path folder,
      ProcessDump.Meanwhile meanwhile)
      throws IOException {
    InstanceRecord record = at.record();
    refuse(record);
    Path program = criu.require("save the processes of " + record.name());
    boolean terminal = record.spec().streams().terminal();
    Map<Integer, String> pipes = terminal ? Map.of() : pipes(at.run().socket());
    ForeignMounts mounts = ForeignMounts.of(workload.pid(), record.mounts());
    Path images = Files.createDirectory(folder.resolve(FOLDER));
    long begun = System.nanoTime();
    new ProcessDump(
            program,
            workload.pid(),
            cgroup.freezer(),
            mounts.paths(),
            mounts.console().map(terminalOf -> ForeignMounts.CONSOLE),
            terminal)
        .save(images, record.name(), meanwhile);
    Duration stoodStill = Duration.ofNanos(System.nanoTime() - begun);
    new SavedWalls(mounts.paths(), pipes, mounts.console()).write(images);
    return new SavedState(true, stoodStill);
  }

  /** What shares walls with others cannot be made again alone. */
  private static void refuse(InstanceRecord record) {
    InstanceSpec spec = record.spec();
    Sharing sharing = spec.sharing();
    boolean own =
        Stream.of(sharing.pid(), sharing.ipc(), sharing.uts(), sharing.cgroup())
                .allMatch(with -> with instanceof Sharing.With.Nobody)
            && ownNetwork(spec.network());
    if (!own || !ContainerPlan.ownsUsers(spec)) {
      throw refused(
          record,
          "it is privileged, or shares a namespace with the host or with another container");
    }
    if (spec.initProcess()) {
      throw refused(record, "its first process is the engine's own, of --init");
    }
  }

  private static EngineException refused(InstanceRecord record, String why) {
    return new EngineException(
        Kind.UNSUPPORTED,
        "the processes of "
            + record.name()
            + " cannot be saved: "
            + why
            + "; stop it first, so that its files can");
  }

  private static boolean ownNetwork(NetworkMode network) {
    return switch (network) {
      case NetworkMode.None none -> true;
      case NetworkMode.Unspecified unspecified -> true;
      case NetworkMode.Bridged bridged -> true;
      case NetworkMode.Host host -> false;
      case NetworkMode.Instance other -> false;
    };
  }

  private static Map<Integer, String> pipes(Path socket) throws IOException {
    try (Shim shim = Shim.connect(socket)) {
      shim.ask(new Shim.Question.Streams());
      ShimEvent event = shim.next();
      while (!(event instanceof ShimEvent.Answer)) {
        if (event instanceof ShimEvent.Gone || event instanceof ShimEvent.Exited) {
          throw new EngineException(Kind.CONFLICT, "it has just ended; there is nothing to save");
        }
        event = shim.next();
      }
      ShimEvent.Answer answer = (ShimEvent.Answer) event;
      if (answer.errno() != 0) {
        throw new EngineException(
            Kind.UNSUPPORTED,
            "it was started by an older Abode; restart it once, and it can be saved");
      }
      ByteBuffer inodes = answer.content().order(ByteOrder.LITTLE_ENDIAN).position(4);
      Map<Integer, String> pipes = new TreeMap<>();
      for (int stream = 0; stream < 3; stream++) {
        long inode = inodes.getLong();
        if (inode != 0) {
          pipes.put(stream, "pipe:[" + inode + "]");
        }
      }
      return pipes;
    }
  }

  // ---- bringing back

  /** Makes the next start of an instance go on with what is in {@code folder}, if anything. */
  static void putBack(Path folder, InstanceFolder instance) throws IOException {
    Path next = instance.path().resolve(MachineSnapshot.NEXT);
    Path unfinished = instance.path().resolve(MachineSnapshot.NEXT + UNFINISHED);
    TreeDeletion.delete(next);
    TreeDeletion.delete(unfinished);
    Path images = folder.resolve(FOLDER);
    if (!Files.exists(images)) {
      return;
    }
    Files.createDirectory(unfinished);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(images)) {
      for (Path file : files) {
        Files.createLink(unfinished.resolve(file.getFileName()), file);
      }
    }
    Files.move(unfinished, next, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Takes what the start is to go on from, once: a start that fails is not repeated with it. The
   * processes find themselves in the instance's range of ids, and under its name.
   */
  static Optional<Path> takeNext(Birth birth) throws IOException {
    InstanceFolder instance = birth.folder();
    forget(instance);
    Path next = instance.path().resolve(MachineSnapshot.NEXT);
    if (!Files.exists(next)) {
      return Optional.empty();
    }
    Path base = instance.path().resolve(MachineSnapshot.BASE);
    Files.move(next, base, StandardCopyOption.ATOMIC_MOVE);
    ProcessImages images = new ProcessImages(base);
    images.mapIds(birth.firstId().orElseThrow(), ContainerGround.IDS);
    InstanceSpec spec = birth.record().spec();
    images.name(ContainerPlan.hostname(spec, birth.record().id()), spec.domainname());
    return Optional.of(base);
  }

  /** Whether the present start goes on from saved processes. */
  static boolean isTaken(InstanceFolder instance) {
    return Files.exists(instance.path().resolve(MachineSnapshot.BASE));
  }

  /** What the present run was made from is of no use once it runs. */
  static void forget(InstanceFolder instance) throws IOException {
    TreeDeletion.delete(instance.path().resolve(MachineSnapshot.BASE));
  }
}
