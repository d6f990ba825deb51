package dev.abode.docker.stream;

import java.nio.ByteBuffer;

/** How output travels to a client, Docker API "Attach to a container, stream format". */
public enum StreamFormat {
  /** Bytes as they are: of a terminal, where there is one stream only. */
  RAW("application/vnd.docker.raw-stream"),

  /**
   * Each piece behind eight bytes: the stream (1 output, 2 errors), three zeros, and the length in
   * network order.
   */
  MULTIPLEXED("application/vnd.docker.multiplexed-stream");

  private final String mediaType;

  StreamFormat(String mediaType) {
    this.mediaType = mediaType;
  }

  /** The form that belongs to a workload with or without a terminal. */
  public static StreamFormat of(boolean terminal) {
    return terminal ? RAW : MULTIPLEXED;
  }

  /** As the client of API version 1.42 and newer is told it. */
  public String mediaType() {
    return mediaType;
  }

  /** What goes in front of a piece of that length; empty for raw streams. */
  public ByteBuffer header(int stream, int length) {
    return switch (this) {
      case RAW -> ByteBuffer.allocate(0);
      case MULTIPLEXED -> ByteBuffer.allocate(8).putInt(stream << 24).putInt(length).flip();
    };
  }
}
