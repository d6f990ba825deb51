package dev.abode.engine.filesystem;

import dev.abode.engine.instance.Change;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What an instance has written over its image, running or not. */
public interface WrittenFiles {

  /** The differences to the image, each folder before what is in it. */
  List<Change> changes() throws IOException;

  /** Bytes that it takes on disk. */
  long sizeBytes() throws IOException;

  /** A folder with the form of an overlay's upper directory, for {@code commit}. */
  Layer layer() throws IOException;

  /** Such a folder, as long as it is open. */
  interface Layer extends AutoCloseable {
    Path folder();

    @Override
    default void close() throws IOException {}
  }
}
