package dev.abode.docker.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A connection that no longer speaks HTTP. One thread may read while another writes; either side
 * can end its direction and keep the other.
 */
public final class Takeover implements AutoCloseable {
  private final Connection connection;

  Takeover(Connection connection) {
    this.connection = connection;
  }

  /** Reads what the client sends into the buffer; -1 when it has ended its side. */
  public int read(ByteBuffer buffer) throws IOException {
    return connection.input.read(buffer);
  }

  /** Writes all of the buffers. */
  public void write(ByteBuffer... buffers) throws IOException {
    connection.write(buffers);
  }

  /** Tells the client that nothing more will come; what it sends can still be read. */
  public void endOutput() throws IOException {
    connection.channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    connection.channel.close();
  }
}
