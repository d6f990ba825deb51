package dev.abode.engine;

import dev.abode.engine.instance.LogLine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A connection to the standard streams of a workload or an exec session. Blocking, for virtual
 * threads: one reads while another writes. Closing detaches; the workload goes on.
 */
public interface Attachment extends AutoCloseable {

  /** The next output, in the order in which it was written; empty at the end. */
  Optional<LogLine> read() throws IOException;

  /** Passes bytes to standard input; blocks while the workload does not read. */
  void write(ByteBuffer bytes) throws IOException;

  /** No more input from here. */
  void endInput() throws IOException;

  @Override
  void close() throws IOException;
}
