package dev.abode.init;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The socket behind {@link Shim}. Two locks, never held together: {@code reading} for the buffer of
 * what came, {@code writing} so that the frames of several threads do not mix.
 */
final class ShimConnection implements Shim {
  private static final int INITIAL_BYTES = 2048;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Path socket;
  private final SocketChannel channel;
  private final Lock reading = new ReentrantLock();
  private final Lock writing = new ReentrantLock();
  private ByteBuffer received = buffer(INITIAL_BYTES).flip();
  private boolean gone;

  private ShimConnection(Path socket, SocketChannel channel) {
    this.socket = socket;
    this.channel = channel;
  }

  static ShimConnection watching(Path socket) throws IOException {
    ShimConnection connection = open(socket);
    try {
      connection.send(Frame.Type.WATCH, NOTHING);
      return connection;
    } catch (IOException e) {
      connection.close();
      throw e;
    }
  }

  static ShimConnection attached(Path socket, Set<Stream> streams) throws IOException {
    ShimConnection connection = attachedBeforeStart(socket, streams);
    try {
      Optional<Frame> answer = connection.receive();
      if (answer.isEmpty()) {
        throw new IOException("attach to the shim at " + socket + ": it ended meanwhile");
      }
      return connection;
    } catch (IOException e) {
      connection.close();
      throw e;
    }
  }

  static ShimConnection attachedBeforeStart(Path socket, Set<Stream> streams) throws IOException {
    ShimConnection connection = open(socket);
    try {
      int bits = streams.stream().mapToInt(stream -> 1 << stream.ordinal()).sum();
      connection.send(Frame.Type.ATTACH, buffer(1).put((byte) bits).flip());
      return connection;
    } catch (IOException e) {
      connection.close();
      throw e;
    }
  }

  private static ShimConnection open(Path socket) throws IOException {
    try {
      return new ShimConnection(socket, SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    } catch (IOException e) {
      throw new IOException("connect to the shim at " + socket + ": " + e.getMessage(), e);
    }
  }

  @Override
  public ShimEvent next() throws IOException {
    while (true) {
      Optional<Frame> frame = receive();
      if (frame.isEmpty()) {
        return new ShimEvent.Gone();
      }
      Optional<ShimEvent> event = event(frame.get());
      if (event.isPresent()) {
        return event.get();
      }
    }
  }

  private Optional<ShimEvent> event(Frame frame) throws IOException {
    ByteBuffer payload = frame.payload();
    return switch (frame.type()) {
      case OUTPUT -> Optional.of(new ShimEvent.Output(frame.stream(), frame.timeNanos(), payload));
      case WAITING -> Optional.of(new ShimEvent.Waiting());
      case CREATED -> Optional.of(new ShimEvent.Created(payload.getInt(0)));
      case STARTED -> Optional.of(new ShimEvent.Started(payload.getInt(0), payload.getLong(8)));
      case FAILED ->
          Optional.of(
              new ShimEvent.Failed(phase(payload.getInt(0)), payload.getInt(4), payload.getInt(8)));
      case EXITED ->
          Optional.of(
              new ShimEvent.Exited(
                  ExitRecord.parse(StandardCharsets.US_ASCII.decode(payload).toString())));
      case BOOTING -> Optional.of(new ShimEvent.Booting(payload.getInt(0), payload.getLong(8)));
      case READY ->
          Optional.of(new ShimEvent.Ready(StandardCharsets.UTF_8.decode(payload).toString()));
      case ANSWER -> Optional.of(new ShimEvent.Answer(payload.getInt(), payload.slice()));
      case ATTACHED, INPUT, INPUT_END, ATTACH, WATCH, START, PROCEED, SIGNAL, RESIZE ->
          Optional.empty();
      case PLAN, CREDIT, END, GONE, ENDED, JOIN, JOINED, HELLO, ASK, ABANDON -> Optional.empty();
    };
  }

  private LaunchPlan.Phase phase(int wire) throws IOException {
    LaunchPlan.Phase[] phases = LaunchPlan.Phase.values();
    if (wire < 0 || wire >= phases.length) {
      throw new IOException("the shim at " + socket + " speaks of a phase " + wire);
    }
    return phases[wire];
  }

  /** The next frame; empty when the connection has ended, however it did. */
  private Optional<Frame> receive() throws IOException {
    reading.lock();
    try {
      while (true) {
        Optional<Frame> frame = Frame.take(received);
        if (frame.isPresent()) {
          return frame;
        }
        if (gone) {
          return Optional.empty();
        }
        makeRoom();
        gone = !fill();
      }
    } finally {
      reading.unlock();
    }
  }

  private void makeRoom() {
    int wanted = Math.max(Frame.wholeBytes(received), Frame.HEADER_BYTES);
    if (wanted <= received.capacity()) {
      received.compact().flip();
      return;
    }
    // A frame larger than the buffer: whoever writes one writes more of them.
    received = buffer(2 * (Frame.HEADER_BYTES + Frame.MAX_PAYLOAD_BYTES)).put(received).flip();
  }

  private boolean fill() {
    int held = received.limit();
    received.limit(received.capacity()).position(held);
    try {
      return channel.read(received) >= 0;
    } catch (IOException e) {
      // Reset, because the shim left without reading what we had sent last; or closed here. Either
      // way nothing comes any more, and what came is in the buffer.
      return false;
    } finally {
      received.flip();
    }
  }

  @Override
  public void start() throws IOException {
    send(Frame.Type.START, NOTHING);
  }

  @Override
  public void proceed() throws IOException {
    send(Frame.Type.PROCEED, NOTHING);
  }

  @Override
  public void abandon() throws IOException {
    send(Frame.Type.ABANDON, NOTHING);
  }

  @Override
  public void signal(int signal) throws IOException {
    send(Frame.Type.SIGNAL, buffer(4).putInt(signal).flip());
  }

  @Override
  public void resize(int rows, int columns) throws IOException {
    send(Frame.Type.RESIZE, buffer(4).putShort((short) rows).putShort((short) columns).flip());
  }

  @Override
  public void ask(Question question) throws IOException {
    int number =
        switch (question) {
          case Question.Read read -> 1;
          case Question.Freeze freeze -> 2;
          case Question.Thaw thaw -> 3;
          case Question.Streams streams -> 5;
        };
    String path =
        switch (question) {
          case Question.Read(String file) -> file;
          case Question.Freeze(String mountPoint) -> mountPoint;
          case Question.Thaw(), Question.Streams() -> "";
        };
    byte[] text = path.getBytes(StandardCharsets.UTF_8);
    send(Frame.Type.ASK, buffer(4 + text.length).putInt(number).put(text).flip());
  }

  @Override
  public void input(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      int size = Math.min(bytes.remaining(), Frame.MAX_PAYLOAD_BYTES);
      ByteBuffer part = bytes.slice(bytes.position(), size);
      send(Frame.Type.INPUT, part);
      bytes.position(bytes.position() + size);
    }
  }

  @Override
  public void endInput() throws IOException {
    send(Frame.Type.INPUT_END, NOTHING);
  }

  private void send(Frame.Type type, ByteBuffer payload) throws IOException {
    ByteBuffer header = Frame.header(type, payload.remaining());
    ByteBuffer[] parts = {header, payload.duplicate()};
    writing.lock();
    try {
      while (parts[0].hasRemaining() || parts[1].hasRemaining()) {
        channel.write(parts);
      }
    } catch (IOException e) {
      throw new IOException("tell the shim at " + socket + ' ' + type + ": " + e.getMessage(), e);
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
