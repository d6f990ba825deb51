package dev.abode.init;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The unit of everything that the shim writes or is told: a header of 16 bytes, little-endian, and
 * a payload. The log on disk is a row of {@link Type#OUTPUT} frames; a connection carries all
 * types.
 *
 * <pre>
 *   u32 length of the payload, 0 to 65,536
 *   u8  type
 *   u8  stream   (0 stdin, 1 stdout, 2 stderr; 0 where it means nothing)
 *   u16 session  (0 but between a shim and the agent of a guest)
 *   u64 time     nanoseconds since 1970-01-01T00:00Z
 * </pre>
 *
 * @param timeNanos when the shim read or wrote it, nanoseconds since the epoch
 */
public record Frame(Type type, int stream, long timeNanos, ByteBuffer payload) {

  public static final int HEADER_BYTES = 16;
  public static final int MAX_PAYLOAD_BYTES = 65_536;

  public static final int STDIN = 0;
  public static final int STDOUT = 1;
  public static final int STDERR = 2;

  private static final Type[] TYPES = Type.values();

  /**
   * Takes the next frame out of {@code bytes}, whatever its order, and moves its position behind
   * it. Empty, and nothing moved, when the rest is not a whole frame: more has to be read, or, at
   * the end of a log, a crash cut it off.
   *
   * @return a frame whose payload is a copy, little-endian
   * @throws IllegalArgumentException when the bytes at the position are no frame
   */
  public static Optional<Frame> take(ByteBuffer bytes) {
    int size = wholeBytes(bytes);
    if (size == 0 || bytes.remaining() < size) {
      return Optional.empty();
    }
    ByteBuffer frame = bytes.slice(bytes.position(), size).order(ByteOrder.LITTLE_ENDIAN);
    int type = frame.get(4);
    if (type < 1 || type > TYPES.length) {
      throw new IllegalArgumentException("a frame of type " + type);
    }
    byte[] payload = new byte[size - HEADER_BYTES];
    frame.get(HEADER_BYTES, payload);
    bytes.position(bytes.position() + size);
    return Optional.of(
        new Frame(
            TYPES[type - 1],
            frame.get(5),
            frame.getLong(8),
            ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN)));
  }

  /**
   * How many bytes the frame at the position of {@code bytes} has, header included; 0 when not even
   * its header is there.
   *
   * @throws IllegalArgumentException when it claims more than a frame can have
   */
  static int wholeBytes(ByteBuffer bytes) {
    if (bytes.remaining() < HEADER_BYTES) {
      return 0;
    }
    int length = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(bytes.position());
    if (length < 0 || length > MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException("a frame of " + Integer.toUnsignedLong(length) + " bytes");
    }
    return HEADER_BYTES + length;
  }

  /** The header of a frame that is sent to a shim. */
  static ByteBuffer header(Type type, int length) {
    return ByteBuffer.allocate(HEADER_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, length)
        .put(4, (byte) (type.ordinal() + 1));
  }

  /** What a frame is about; the wire value is the ordinal plus one. */
  public enum Type {
    /** Shim to client, and in the log: what the workload wrote. */
    OUTPUT,
    /** Client to shim: bytes for standard input. */
    INPUT,
    /** Client to shim: no more input from this client. */
    INPUT_END,
    /** Client to shim: this connection is an attach client; payload u8 bits 1 in, 2 out, 4 err. */
    ATTACH,
    /** Shim to client: the answer to ATTACH; output from here on is sent. */
    ATTACHED,
    /** Client to shim: this connection gets the shim's events. Answered with the present state. */
    WATCH,
    /** Client to shim: begin to play the plan. */
    START,
    /** Client to shim: go on beyond {@link Step.AwaitEngine}. */
    PROCEED,
    /** Client to shim: u32 signal number for the workload. */
    SIGNAL,
    /** Client to shim: u16 rows, u16 columns. */
    RESIZE,
    /** Shim to watcher: nothing started yet. */
    WAITING,
    /** Shim to watcher: u32 pid; the launch goes no further than it can without PROCEED. */
    CREATED,
    /** Shim to watcher: u32 pid, u32 zero, u64 start ticks. */
    STARTED,
    /** Shim to watcher: u32 phase, u32 step index, u32 errno. The shim ends after it. */
    FAILED,
    /** Shim to watcher: the text of the exit record. The shim ends after it. */
    EXITED,
    // Between shims, and between a shim and the agent in a guest; see wire.h.
    PLAN,
    CREDIT,
    END,
    GONE,
    ENDED,
    JOIN,
    JOINED,
    /** Shim to watcher: u32 pid, u32 zero, u64 start ticks of the machine that boots. */
    BOOTING,
    HELLO,
    /** Shim to watcher, from the agent: lines of facts about the guest. */
    READY,
    /** Client to shim, for the agent: u32 question, a path. */
    ASK,
    /** Shim to client: u32 errno, then what was asked for. */
    ANSWER,
    /** Client to shim, after CREATED: the launch is to fail, with {@code ECANCELED}. */
    ABANDON
  }
}
