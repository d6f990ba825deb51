package dev.abode.engine.launch;

import dev.abode.engine.machine.MachineShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How large a machine was made. Its limits do not tell: they may have been updated since. Kept in
 * the folder of its run, and in a snapshot of it, since a saved memory fits no other machine.
 */
final class MadeShape {
  private static final String FILE = "shape";

  private MadeShape() {}

  static void write(Path folder, MachineShape shape) throws IOException {
    Files.writeString(folder.resolve(FILE), shape.memoryBytes() + " " + shape.cpus() + "\n");
  }

  /** Reads it; none where none was written. */
  static Optional<MachineShape> read(Path folder) throws IOException {
    if (!Files.exists(folder.resolve(FILE))) {
      return Optional.empty();
    }
    String[] words = Files.readString(folder.resolve(FILE)).strip().split(" ", -1);
    return Optional.of(new MachineShape(Long.parseLong(words[0]), Integer.parseInt(words[1])));
  }

  /** Makes what was written in one folder known in another. */
  static void link(Path from, Path to) throws IOException {
    if (Files.exists(from.resolve(FILE))) {
      Files.createLink(to.resolve(FILE), from.resolve(FILE));
    }
  }
}
