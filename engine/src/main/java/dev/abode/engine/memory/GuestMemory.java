package dev.abode.engine.memory;

import dev.abode.linux.SparseFile;
import dev.abode.linux.SparseFile.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the memory of a running guest is in its hypervisor.
 *
 * <p>A machine that was booted has memory of its own, shared with nobody. One that was started from
 * a saved state has a private mapping of an image that others map as well; of its memory only the
 * pages that it has written since are its own, and the kernel says which those are.
 *
 * @param start first address in the hypervisor
 * @param altered whether only what differs from the image is the guest's own
 */
public record GuestMemory(int pid, long start, long end, boolean altered) {
  /** What a machine's own memory is called, by QEMU. */
  private static final String OWN = "/memfd:memory-backend-memfd";

  private static final Pattern MAPPING =
      Pattern.compile(
          "^([0-9a-f]+)-([0-9a-f]+) rw-. [0-9a-f]+ \\S+ \\d+ +("
              + OWN
              + "|/memfd:"
              + MemoryImage.NAME
              + ") \\(deleted\\)$");

  private static final int PAGE_BYTES = 4096;
  private static final int ENTRY_BYTES = 8;

  /** What is read of the page map at a time: the entries of 256 MiB. */
  private static final int MAP_BYTES = 512 << 10;

  /** However a guest scatters what it writes, it is told in not many more parts than these. */
  private static final int MAX_EXTENTS = 1 << 18;

  /** Bits of an entry, Documentation/admin-guide/mm/pagemap.rst. */
  private static final long PRESENT = 1L << 63;

  private static final long SWAPPED = 1L << 62;
  private static final long OF_FILE = 1L << 61;

  /**
   * Finds it.
   *
   * @param pid of the hypervisor
   * @param sizeBytes of the guest's memory
   * @throws IOException when it has ended, or has no memory of that size
   */
  public static GuestMemory find(int pid, long sizeBytes) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
      Matcher matcher = MAPPING.matcher(line);
      if (matcher.find()) {
        long start = Long.parseUnsignedLong(matcher.group(1), 16);
        long end = Long.parseUnsignedLong(matcher.group(2), 16);
        if (end - start == sizeBytes) {
          return new GuestMemory(pid, start, end, !matcher.group(3).equals(OWN));
        }
      }
    }
    throw new IOException(
        "process " + pid + " is no hypervisor with " + sizeBytes + " bytes of guest memory");
  }

  public long sizeBytes() {
    return end - start;
  }

  /**
   * The parts that are the guest's own, as offsets in its memory. It should stand still. In a guest
   * of more than 1 GiB there may be some in between that are not.
   */
  public List<Extent> own() throws IOException {
    long leastHoleBytes = Math.max(PAGE_BYTES, sizeBytes() / MAX_EXTENTS);
    return altered
        ? alteredExtents(leastHoleBytes)
        : SparseFile.extents(
            Path.of(
                "/proc/"
                    + pid
                    + "/map_files/"
                    + Long.toHexString(start)
                    + "-"
                    + Long.toHexString(end)),
            leastHoleBytes);
  }

  private List<Extent> alteredExtents(long leastHoleBytes) throws IOException {
    List<Extent> extents = new ArrayList<>();
    long begin = 0;
    long behind = 0;
    ByteBuffer map = ByteBuffer.allocate(MAP_BYTES).order(ByteOrder.nativeOrder());
    try (FileChannel pagemap = FileChannel.open(Path.of("/proc/" + pid + "/pagemap"))) {
      for (long at = 0; at < sizeBytes(); ) {
        long pages = Math.min(MAP_BYTES / ENTRY_BYTES, (sizeBytes() - at) / PAGE_BYTES);
        map.clear().limit(Math.toIntExact(pages * ENTRY_BYTES));
        read(pagemap, map, (start + at) / PAGE_BYTES * ENTRY_BYTES);
        for (map.flip(); map.hasRemaining(); at += PAGE_BYTES) {
          if (!isOwn(map.getLong())) {
            continue;
          }
          if (behind == begin) {
            begin = at;
          } else if (at - behind >= leastHoleBytes) {
            extents.add(new Extent(begin, behind - begin));
            begin = at;
          }
          behind = at + PAGE_BYTES;
        }
      }
    }
    if (behind > begin) {
      extents.add(new Extent(begin, behind - begin));
    }
    return extents;
  }

  private static boolean isOwn(long entry) {
    return (entry & OF_FILE) == 0 && (entry & (PRESENT | SWAPPED)) != 0;
  }

  /** A channel to what {@link #read} reads from: the address space of the hypervisor. */
  FileChannel open() throws IOException {
    return FileChannel.open(Path.of("/proc/" + pid + "/mem"), StandardOpenOption.READ);
  }

  /** Fills {@code to} from {@code offset} of the guest's memory on. */
  void read(FileChannel space, long offset, ByteBuffer to) throws IOException {
    read(space, to, start + offset);
  }

  private static void read(FileChannel file, ByteBuffer to, long position) throws IOException {
    long at = position;
    while (to.hasRemaining()) {
      int count = file.read(to, at);
      if (count <= 0) {
        throw new IOException("the hypervisor ended while its memory was read");
      }
      at += count;
    }
  }
}
