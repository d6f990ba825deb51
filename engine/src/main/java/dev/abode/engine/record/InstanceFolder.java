package dev.abode.engine.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What lasts of one instance. */
public record InstanceFolder(Path path) {

  public Path definition() {
    return path.resolve("instance.json");
  }

  /** Names of the volumes being made for an instance that has no definition yet, a line each. */
  public Path newVolumes() {
    return path.resolve("volumes.new");
  }

  public Path life() {
    return path.resolve("life.json");
  }

  /** The overlay's upper directory: all that the instance itself has written. */
  public Path upper() {
    return path.resolve("upper");
  }

  /** The overlay's work directory. */
  public Path work() {
    return path.resolve("work");
  }

  /** Holds {@code hosts}, {@code hostname} and {@code resolv.conf}. */
  public Path etc() {
    return path.resolve("etc");
  }

  /** Holds a folder a snapshot, by its name. */
  public Path snapshots() {
    return path.resolve("snapshots");
  }

  /** Holds the parts of the log. */
  public Path logs() {
    return path.resolve("log");
  }

  /** The current part of the log. */
  public Path log() {
    return logs().resolve("frames");
  }

  /**
   * The instance's definition.
   *
   * @throws IllegalArgumentException when the document is damaged
   * @throws NoSuchFileException when there is none: the creation was not finished
   */
  public InstanceRecord readDefinition() throws IOException {
    byte[] document = Files.readAllBytes(definition());
    if (document.length == 0) {
      throw new NoSuchFileException(definition().toString(), null, "it did not reach the disk");
    }
    InstanceRecord read = RecordJson.read(document, InstanceRecord.TEMPLATE);
    if (read.format() > InstanceRecord.FORMAT) {
      throw new IllegalArgumentException(
          "it has format "
              + read.format()
              + ", and this engine knows formats up to "
              + InstanceRecord.FORMAT
              + "; use the newer engine that wrote it");
    }
    return read;
  }

  /**
   * Writes the first definition. It survives this process from now on, and a loss of power a moment
   * later: one that is still empty then is of a creation that was not finished.
   */
  public void writeFirstDefinition(InstanceRecord record, LateSync sync) throws IOException {
    AtomicFile.createDurablySoon(definition(), RecordJson.write(record), sync);
  }

  /** Writes the definition so that it survives a loss of power. */
  public void writeDefinition(InstanceRecord record) throws IOException {
    AtomicFile.replaceDurably(definition(), RecordJson.write(record));
  }

  /** Where its life had come to; CREATED when nothing, or nothing readable, is written. */
  public LifeRecord readLife() throws IOException {
    if (!Files.exists(life())) {
      return LifeRecord.CREATED;
    }
    return RecordJson.read(Files.readAllBytes(life()), LifeRecord.CREATED);
  }

  /** Writes where its life has come to; survives this process, not a loss of power. */
  public void writeLife(LifeRecord record) throws IOException {
    AtomicFile.update(life(), RecordJson.write(record));
  }
}
