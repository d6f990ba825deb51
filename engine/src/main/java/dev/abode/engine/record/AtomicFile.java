package dev.abode.engine.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Files that are replaced whole: a reader finds the old content or the new, nothing between. */
public final class AtomicFile {
  private static final int PAGE_BYTES = 4096;

  private AtomicFile() {}

  /** Replaces {@code file}; a process that dies leaves the old or the new one. */
  public static void replace(Path file, byte[] content) throws IOException {
    write(file, content, false);
  }

  /** Replaces {@code file}; a machine that dies leaves the old or the new one. */
  public static void replaceDurably(Path file, byte[] content) throws IOException {
    write(file, content, true);
  }

  /**
   * Replaces {@code file}, which changes often; a process that dies leaves the old or the new one.
   *
   * <p>What fits into a page is padded with spaces and written over the old content, by one call
   * that nothing interrupts. To rename a new file over the old one makes ext4 and others write it
   * to the disk at once, for a content that will have changed before anybody reads it.
   */
  static void update(Path file, byte[] content) throws IOException {
    if (content.length > PAGE_BYTES || !overwrite(file, content)) {
      replace(file, content);
    }
  }

  private static boolean overwrite(Path file, byte[] content) throws IOException {
    byte[] page = Arrays.copyOf(content, PAGE_BYTES);
    Arrays.fill(page, content.length, PAGE_BYTES, (byte) ' ');
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      return channel.size() <= PAGE_BYTES && channel.write(ByteBuffer.wrap(page)) == PAGE_BYTES;
    }
  }

  /**
   * Makes {@code file}, which does not exist; a process that dies leaves none or the whole one, and
   * so does a machine that dies once {@code sync} has come to it. Until then that one may leave an
   * empty one.
   */
  static void createDurablySoon(Path file, byte[] content, LateSync sync) throws IOException {
    Path next = next(file);
    FileChannel channel = open(next);
    try {
      writeAll(channel, content);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    sync.add(file, channel);
  }

  private static void write(Path file, byte[] content, boolean durable) throws IOException {
    Path next = next(file);
    try (FileChannel channel = open(next)) {
      writeAll(channel, content);
      if (durable) {
        channel.force(false);
      }
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Path next(Path file) {
    return file.resolveSibling(file.getFileName() + ".next");
  }

  private static FileChannel open(Path next) throws IOException {
    return FileChannel.open(
        next,
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE);
  }

  private static void writeAll(FileChannel channel, byte[] content) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(content);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
