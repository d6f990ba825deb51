package dev.abode.engine.launch;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.machine.GuestView;
import dev.abode.engine.machine.Monitor;
import dev.abode.engine.memory.GuestMemory;
import dev.abode.engine.memory.MemoryCapture;
import dev.abode.engine.record.AtomicFile;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.linux.SparseFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What is saved of a virtual machine: its disk and, when it runs, its memory and the state of its
 * devices of the same moment.
 *
 * <p>Memory is a row of files, {@code memory.0} and so on, each holding what differs from those
 * before it. A machine that was started from a saved state has links to the files it was started
 * from in its folder {@value #BASE}, so that only what it has written since is ever written again,
 * and nothing it depends on goes with the template or snapshot it came from.
 */
final class MachineSnapshot {
  /** In an instance's folder: what the present run was started from. */
  static final String BASE = "base";

  /** In an instance's folder: what its next start goes on from. */
  static final String NEXT = "next";

  static final String DEVICES = "devices";

  /** The {@link MachineModel#id} of the machine that was saved. */
  static final String MODEL = "model";

  /** The host name of the instance that was saved, where another goes on from it. */
  static final String ORIGIN = "origin";

  private static final String MEMORY = "memory.";
  private static final String UNFINISHED = ".new";

  /** A guest that does not answer by then is not going to be saved. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private MachineSnapshot() {}

  /** The files of a saved memory, in order. */
  static List<Path> memory(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, MEMORY + "*")) {
        found.forEach(files::add);
      }
    }
    files.sort((a, b) -> Integer.compare(number(a.getFileName()), number(b.getFileName())));
    return files;
  }

  private static int number(Path name) {
    return Integer.parseInt(name.toString().substring(MEMORY.length()));
  }

  /** Makes {@code files} the ones that the next run is started from. */
  static void base(InstanceFolder instance, List<Path> files) throws IOException {
    Path base = instance.path().resolve(BASE);
    TreeDeletion.delete(base);
    if (!files.isEmpty()) {
      Files.createDirectory(base);
      link(files, base);
    }
  }

  private static int link(List<Path> files, Path folder) throws IOException {
    int count = 0;
    for (Path file : files) {
      Files.createLink(folder.resolve(MEMORY + count++), file);
    }
    return count;
  }

  // ---- saving

  /** Saves a machine that does not run. */
  static SavedState saveStopped(InstanceFolder instance, Path folder) throws IOException {
    Path disk = instance.path().resolve(MachineInterior.DISK);
    if (Files.exists(disk)) {
      SparseFile.copy(disk, folder.resolve(MachineInterior.DISK));
    }
    return new SavedState(false, Duration.ZERO);
  }

  /** Saves one that runs. */
  static SavedState saveRunning(
      Whereabouts at, int pid, MachineModel model, SavedCards cards, Path folder)
      throws IOException {
    Path disk = at.folder().path().resolve(MachineInterior.DISK);
    int files = link(memory(at.folder().path().resolve(BASE)), folder);
    try (Arena arena = Arena.ofShared();
        Monitor monitor = Monitor.open(pid);
        DiskCopy copy = DiskCopy.of(monitor, disk, folder.resolve(MachineInterior.DISK))) {
      copy.prepare();
      GuestMemory guestMemory = GuestMemory.find(pid, model.shape().memoryBytes());
      MemorySegment room = MemoryCapture.room(guestMemory, arena);
      MemoryCapture memory;
      byte[] devices;
      Duration stoodStill;
      try (GuestView guest = GuestView.open(at.run().socket(), PATIENCE)) {
        // Between host and guest nothing is under way from here on: what is saved is whole frames.
        guest.freeze();
        long stopped = System.nanoTime();
        monitor.stop();
        try {
          devices = monitor.devices();
          memory = MemoryCapture.of(guestMemory, room, folder.resolve(MEMORY + files));
          copy.moment();
        } finally {
          monitor.resume();
        }
        stoodStill = Duration.ofNanos(System.nanoTime() - stopped);
      }
      copy.complete();
      AtomicFile.replaceDurably(folder.resolve(DEVICES), devices);
      memory.complete();
      cards.write(folder);
      MadeShape.write(folder, model.shape());
      Files.writeString(folder.resolve(MODEL), model.id());
      return new SavedState(true, stoodStill);
    }
  }

  // ---- bringing back

  /**
   * See {@link Walls#putBack}.
   *
   * @param origin the host name of the instance that was saved, if it is another one
   */
  static void putBack(Path folder, InstanceFolder instance, List<String> origin)
      throws IOException {
    Path disk = instance.path().resolve(MachineInterior.DISK);
    Path nextDisk = instance.path().resolve(MachineInterior.DISK + UNFINISHED);
    Files.deleteIfExists(nextDisk);
    SparseFile.copy(folder.resolve(MachineInterior.DISK), nextDisk);
    Path next = instance.path().resolve(NEXT);
    Path unfinished = instance.path().resolve(NEXT + UNFINISHED);
    TreeDeletion.delete(next);
    TreeDeletion.delete(unfinished);
    if (Files.exists(folder.resolve(DEVICES))) {
      Files.createDirectory(unfinished);
      link(memory(folder), unfinished);
      Files.createLink(unfinished.resolve(DEVICES), folder.resolve(DEVICES));
      Files.createLink(unfinished.resolve(MODEL), folder.resolve(MODEL));
      if (Files.exists(folder.resolve(SavedCards.FILE))) {
        Files.createLink(unfinished.resolve(SavedCards.FILE), folder.resolve(SavedCards.FILE));
      }
      MadeShape.link(folder, unfinished);
      for (String hostname : origin) {
        Files.writeString(unfinished.resolve(ORIGIN), hostname);
      }
    }
    // An engine that dies in between leaves the disk of that moment, and a machine that boots.
    Files.move(nextDisk, disk, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    if (Files.exists(unfinished)) {
      Files.move(unfinished, next, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /**
   * Takes what the next start is to go on from, once: a start that fails is not repeated with it.
   *
   * @return whether there is anything
   * @throws EngineException CONFLICT when it was saved of a machine that was made otherwise
   */
  static boolean takeNext(InstanceFolder instance, MachineModel model) throws IOException {
    Path next = instance.path().resolve(NEXT);
    if (!Files.exists(next)) {
      return false;
    }
    Path base = instance.path().resolve(BASE);
    TreeDeletion.delete(base);
    Files.move(next, base, StandardCopyOption.ATOMIC_MOVE);
    String saved = Files.readString(base.resolve(MODEL), StandardCharsets.UTF_8);
    if (!saved.equals(model.id())) {
      TreeDeletion.delete(base);
      throw new EngineException(
          Kind.CONFLICT,
          "the memory in this snapshot is of a machine with another kernel, agent or QEMU than"
              + " this host makes now; its disk has been restored, and the next start boots from"
              + " it");
    }
    return true;
  }
}
