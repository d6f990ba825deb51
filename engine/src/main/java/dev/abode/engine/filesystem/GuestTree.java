package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.image.tar.TarEntry;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTreeNames;
import dev.abode.linux.KernelException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A tree that only a guest's kernel may look into, through a server in the guest: {@code tree.h}.
 * One operation at a time. A guest that says nothing for {@link #PATIENCE} while something is
 * waited for loses its connection.
 */
public final class GuestTree implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** How a server is reached. */
  public interface Connection extends AutoCloseable {
    /** From the server; at its end when the connection is. */
    InputStream answers();

    OutputStream requests();

    @Override
    void close() throws IOException;
  }

  /** Connects to a server; each use has one of its own. */
  @FunctionalInterface
  public interface Source {
    GuestTree open() throws IOException;
  }

  /** Takes what a tree holds, in the order of a walk: a folder before what is in it. */
  @FunctionalInterface
  interface Visitor {
    /** {@code content} has as many bytes as the node's extents; the rest of it is skipped. */
    void visit(GuestNode node, InputStream content) throws IOException;
  }

  private final Connection connection;
  private final InputStream answers;
  private final OutputStream requests;
  private final Thread watchdog;

  /** When waiting began, {@link System#nanoTime} with its lowest bit set; 0 for not at all. */
  private final AtomicLong waiting = new AtomicLong();

  private Optional<Refusals> refusals = Optional.empty();

  public GuestTree(Connection connection) {
    this.connection = connection;
    this.answers = connection.answers();
    this.requests = connection.requests();
    this.watchdog = Thread.ofVirtual().name("guest-tree").start(this::watch);
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(PATIENCE.dividedBy(4));
        long since = waiting.get();
        if (since != 0 && System.nanoTime() - since > PATIENCE.toNanos()) {
          connection.close();
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // Whoever waits is told by the end of the connection.
      return;
    }
  }

  private void waitBegins() {
    waiting.set(System.nanoTime() | 1);
  }

  private void waitEnds() {
    waiting.set(0);
  }

  // ---- messages

  private record Answer(TreeWire.Type type, ByteBuffer content) {}

  private void request(TreeWire.Type type, ByteBuffer content) throws IOException {
    byte[] message = new byte[TreeWire.HEADER_BYTES + content.remaining()];
    ByteBuffer.wrap(message)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(type.wire())
        .putInt(content.remaining())
        .put(content);
    waitBegins();
    try {
      requests.write(message);
    } catch (IOException e) {
      throw broken(e);
    } finally {
      waitEnds();
    }
  }

  private Answer answer() throws IOException {
    ByteBuffer header =
        ByteBuffer.wrap(bytes(TreeWire.HEADER_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    TreeWire.Type type = TreeWire.Type.of(header.getInt());
    int size = header.getInt();
    if (size < 0 || size > TreeWire.MAX_MESSAGE_BYTES) {
      throw TreeWire.damaged("a message of " + size + " bytes");
    }
    return new Answer(type, ByteBuffer.wrap(bytes(size)).order(ByteOrder.LITTLE_ENDIAN));
  }

  private byte[] bytes(int count) throws IOException {
    byte[] bytes = answers.readNBytes(count);
    if (bytes.length < count) {
      throw broken(new EOFException());
    }
    return bytes;
  }

  private Answer awaitAnswer() throws IOException {
    waitBegins();
    try {
      return answer();
    } finally {
      waitEnds();
    }
  }

  private static EngineException broken(IOException cause) {
    return new EngineException(
        Kind.UNAVAILABLE,
        "the virtual machine does not serve its files any more: it is ending, or its agent does not"
            + " answer; look at its console, and try again",
        cause);
  }

  private static KernelException refusal(Answer answer, String call) throws IOException {
    if (answer.type() != TreeWire.Type.FAILED || answer.content().remaining() < 8) {
      throw TreeWire.damaged("an answer to another question");
    }
    int errno = answer.content().getInt();
    answer.content().getInt();
    byte[] path = new byte[Math.min(answer.content().remaining(), 4096)];
    answer.content().get(path);
    String text = FileTreeNames.decode(path);
    int end = text.indexOf('\0');
    return new KernelException(call, end < 0 ? text : text.substring(0, end), errno);
  }

  // ---- looking

  /**
   * What is at {@code path}, which is looked up below the root; a link at its end is itself.
   *
   * @throws KernelException as {@code openat2(2)}
   */
  GuestNode look(String path) throws IOException {
    request(TreeWire.Type.LOOK, TreeWire.path(path));
    Answer answer = awaitAnswer();
    if (answer.type() == TreeWire.Type.ENTRY) {
      return TreeWire.entry(answer.content());
    }
    throw refusal(answer, "open");
  }

  /** What a symbolic link says; empty when something else or nothing is there. */
  Optional<String> linkAt(String path) throws IOException {
    return find(path).filter(GuestNode::isLink).map(GuestNode::linkTarget);
  }

  /** The same as {@link #look}, and empty when nothing is there. */
  Optional<GuestNode> find(String path) throws IOException {
    try {
      return Optional.of(look(path));
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Shows what is at {@code path} and below it.
   *
   * @param flags of {@link TreeWire}
   * @param limit how many nodes a guest may tell of
   */
  void send(String path, int flags, long limit, Visitor visitor) throws IOException {
    request(TreeWire.Type.SEND, TreeWire.send(path, flags));
    long count = 0;
    while (true) {
      Answer answer = awaitAnswer();
      switch (answer.type()) {
        case ENTRY -> {
          if (++count > limit) {
            throw new EngineException(
                Kind.EXHAUSTED, "the virtual machine has more than " + limit + " files");
          }
          GuestNode node = TreeWire.entry(answer.content());
          Content content = new Content(node);
          visitor.visit(node, content);
          content.transferTo(OutputStream.nullOutputStream());
        }
        case END -> {
          return;
        }
        case FAILED -> throw refusal(answer, "read");
        case LOOK, SEND, PUT, CONTENT, TIMES, FINISH ->
            throw TreeWire.damaged("a request instead of an answer");
      }
    }
  }

  /** The bytes of one file. */
  private final class Content extends InputStream {
    private long left;

    Content(GuestNode node) {
      for (TarEntry.Extent extent : node.extents()) {
        left += extent.lengthBytes();
      }
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0 || length == 0) {
        return length == 0 ? 0 : -1;
      }
      waitBegins();
      try {
        int count = answers.read(bytes, offset, (int) Math.min(length, left));
        if (count < 0) {
          throw broken(new EOFException());
        }
        left -= count;
        return count;
      } finally {
        waitEnds();
      }
    }
  }

  // ---- putting

  /** Reads the one answer to a series of requests, which may come before the last of them. */
  private final class Refusals {
    private volatile Optional<IOException> refusal = Optional.empty();
    private final Thread reader = Thread.ofVirtual().name("guest-tree-answer").start(this::read);

    private void read() {
      try {
        Answer answer = answer();
        if (answer.type() != TreeWire.Type.END) {
          refusal = Optional.of(refusal(answer, "write"));
        }
      } catch (IOException e) {
        refusal = Optional.of(e);
      } catch (EngineException e) {
        refusal = Optional.of(new IOException(e.getMessage(), e));
      }
    }

    void check() throws IOException {
      if (refusal.isPresent()) {
        throw refusal.get();
      }
    }

    void await() throws IOException {
      try {
        reader.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while files were written", e);
      }
      check();
    }
  }

  /**
   * Puts something, {@code content} being a message of {@link TreeWire}. That it was refused is
   * told by a later one, at the latest by {@link #finish}.
   */
  void put(TreeWire.Type type, ByteBuffer content) throws IOException {
    if (refusals.isEmpty()) {
      refusals = Optional.of(new Refusals());
    }
    refusals.get().check();
    request(type, content);
  }

  /** Waits until all that was put is there. */
  void finish() throws IOException {
    if (refusals.isEmpty()) {
      return;
    }
    request(TreeWire.Type.FINISH, TreeWire.buffer(0));
    waitBegins();
    try {
      refusals.get().await();
    } finally {
      waitEnds();
      refusals = Optional.empty();
    }
  }

  @Override
  public void close() throws IOException {
    watchdog.interrupt();
    connection.close();
  }
}
