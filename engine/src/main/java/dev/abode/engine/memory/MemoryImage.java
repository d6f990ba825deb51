package dev.abode.engine.memory;

import dev.abode.linux.Descriptor;
import dev.abode.linux.MemoryFile;
import dev.abode.linux.SparseFile;
import dev.abode.linux.SparseFile.Extent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Images of guests' memory that machines are started with: made of files, each of which holds what
 * differs from those before it, and sealed. A hypervisor opens its memory for writing; the seal is
 * what keeps one that was taken over from altering what others start with.
 *
 * <p>The few that were used last stay in memory, so that machines started from the same state share
 * its pages. Safe for many threads.
 */
public final class MemoryImage implements AutoCloseable {
  static final String NAME = "abode-guest";

  /** How many are kept that nobody uses. */
  private static final int KEPT = 2;

  /** By the inodes of their files: clones have the same files under different names. */
  private final Map<List<Object>, Entry> images = new LinkedHashMap<>();

  private static final class Entry {
    final Descriptor file;

    /** Open, so that the inodes mean these files for as long as the image is kept. */
    final List<FileChannel> sources;

    int users;

    Entry(Descriptor file, List<FileChannel> sources) {
      this.file = file;
      this.sources = sources;
    }

    void close() {
      file.close();
      MemoryImage.close(sources);
    }
  }

  /** The right to open an image, until it is closed. */
  public final class Lease implements AutoCloseable {
    private final Entry entry;
    private boolean over;

    private Lease(Entry entry) {
      this.entry = entry;
    }

    /** By which another process may open it. */
    public Path path() {
      return entry.file.path();
    }

    @Override
    public void close() {
      synchronized (MemoryImage.this) {
        if (!over) {
          over = true;
          entry.users--;
          shrink(KEPT);
        }
      }
    }
  }

  /**
   * The image made of {@code files}.
   *
   * @param files never altered once written; the first one holds the whole memory
   */
  public synchronized Lease lease(List<Path> files, long sizeBytes) throws IOException {
    List<FileChannel> sources = new ArrayList<>();
    boolean used = false;
    try {
      List<Object> inodes = new ArrayList<>();
      for (Path file : files) {
        sources.add(FileChannel.open(file));
        inodes.add(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
      }
      Entry entry = images.remove(inodes);
      if (entry == null) {
        entry =
            new Entry(
                MemoryFile.sealed(NAME, sizeBytes, to -> fill(to, files, sources, sizeBytes)),
                sources);
        used = true;
      }
      entry.users++;
      images.put(inodes, entry);
      return new Lease(entry);
    } finally {
      if (!used) {
        close(sources);
      }
    }
  }

  private static void close(List<FileChannel> sources) {
    for (FileChannel source : sources) {
      try {
        source.close();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot close a file that was only read", e);
      }
    }
  }

  private void shrink(int kept) {
    long unused = images.values().stream().filter(entry -> entry.users == 0).count();
    for (Iterator<Entry> each = images.values().iterator(); each.hasNext() && unused > kept; ) {
      Entry entry = each.next();
      if (entry.users == 0) {
        entry.close();
        each.remove();
        unused--;
      }
    }
  }

  private static void fill(
      FileChannel to, List<Path> files, List<FileChannel> sources, long sizeBytes)
      throws IOException {
    for (int i = 0; i < files.size(); i++) {
      for (Extent extent : SparseFile.extents(files.get(i))) {
        copy(sources.get(i), to, extent, sizeBytes);
      }
    }
  }

  private static void copy(FileChannel from, FileChannel to, Extent extent, long sizeBytes)
      throws IOException {
    long end = Math.min(extent.endBytes(), sizeBytes);
    for (long at = extent.offsetBytes(); at < end; ) {
      to.position(at);
      long copied = from.transferTo(at, end - at, to);
      if (copied <= 0) {
        throw new IOException("an image of a guest's memory became shorter while it was read");
      }
      at += copied;
    }
  }

  /** Lets go of every image that nobody uses. */
  public synchronized void forget() {
    shrink(0);
  }

  @Override
  public synchronized void close() {
    images.values().forEach(Entry::close);
    images.clear();
  }
}
