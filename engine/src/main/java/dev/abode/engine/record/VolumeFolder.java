package dev.abode.engine.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;

/** What lasts of one volume. */
public record VolumeFolder(Path path) {

  public Path definition() {
    return path.resolve("volume.json");
  }

  /** The content, or where what holds it is mounted while somebody uses it. */
  public Path content() {
    return path.resolve("_data");
  }

  /** The file system of a volume with a size limit, in a file. */
  public Path disk() {
    return path.resolve("disk");
  }

  /** Present while an empty volume is being filled: what is there then is not whole. */
  public Path filling() {
    return path.resolve("filling");
  }

  /** Where an import is unpacked until it is whole. */
  public Path imported() {
    return path.resolve("import");
  }

  /** The file system of an import into a volume with a size limit. */
  public Path importedDisk() {
    return path.resolve("disk.import");
  }

  /**
   * The volume's definition; one that an engine without definitions made is told by its folder.
   *
   * @throws IllegalArgumentException when the document is damaged
   * @throws NoSuchFileException when this is no volume
   */
  public VolumeRecord readDefinition() throws IOException {
    try {
      return RecordJson.read(Files.readAllBytes(definition()), VolumeRecord.TEMPLATE);
    } catch (NoSuchFileException e) {
      BasicFileAttributes folder = Files.readAttributes(content(), BasicFileAttributes.class);
      return new VolumeRecord(
          VolumeRecord.FORMAT,
          String.valueOf(path.getFileName()),
          folder.creationTime().toInstant(),
          Map.of(),
          Map.of());
    }
  }

  /** Writes the definition so that it survives a loss of power. */
  public void writeDefinition(VolumeRecord record) throws IOException {
    AtomicFile.replaceDurably(definition(), RecordJson.write(record));
  }
}
