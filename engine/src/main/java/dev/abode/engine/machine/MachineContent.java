package dev.abode.engine.machine;

import java.nio.file.Path;

/** What is in a machine when it is switched on. */
public sealed interface MachineContent {
  /** Nothing: it boots. */
  record Empty() implements MachineContent {}

  /** Nothing, and it boots for others: where its disks are to be, there are empty ones. */
  record Template() implements MachineContent {}

  /**
   * What was saved of a machine with the same devices.
   *
   * @param memory the image of its memory, sealed
   * @param devices the state of everything else
   */
  record Saved(Path memory, Path devices) implements MachineContent {}
}
