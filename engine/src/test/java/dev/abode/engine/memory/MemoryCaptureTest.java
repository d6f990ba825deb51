package dev.abode.engine.memory;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.SparseFile;
import dev.abode.linux.SparseFile.Extent;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** This process maps an image as a hypervisor does, and so is what is captured. */
class MemoryCaptureTest {
  private static final int PAGE = 4096;
  private static final long MIB = 1 << 20;
  private static final long GIB = 1 << 30;

  @TempDir Path folder;
  private final Arena arena = Arena.ofShared();
  private final MemoryImage images = new MemoryImage();

  @AfterEach
  void unmap() {
    arena.close();
    images.close();
  }

  private MemorySegment guest(long sizeBytes) throws IOException {
    Path file = folder.resolve("image");
    try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
      content.write("image".getBytes(US_ASCII));
      content.setLength(sizeBytes);
    }
    try (MemoryImage.Lease image = images.lease(List.of(file), sizeBytes);
        FileChannel channel =
            FileChannel.open(image.path(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(MapMode.PRIVATE, 0, sizeBytes, arena);
    }
  }

  private static GuestMemory found(MemorySegment guest) throws IOException {
    return GuestMemory.find((int) ProcessHandle.current().pid(), guest.byteSize());
  }

  private static void writeEveryOtherPage(MemorySegment guest, long from, long to) {
    for (long at = from; at < to; at += 2 * PAGE) {
      guest.setString(at, "page " + at / PAGE);
    }
  }

  @Test
  void theSameIsWrittenWhetherThereIsRoomOrNot() throws IOException {
    MemorySegment guest = guest(32 * MIB);
    writeEveryOtherPage(guest, MIB, 2 * MIB);
    guest.asSlice(4 * MIB, 20 * MIB).fill((byte) 'x');
    GuestMemory memory = found(guest);
    Path straight = folder.resolve("straight");
    MemoryCapture.of(memory, arena.allocate(0), straight).complete();
    Path late = folder.resolve("late");
    MemoryCapture capture = MemoryCapture.of(memory, MemoryCapture.room(memory, arena), late);
    assertThat(late).doesNotExist();
    guest.setString(MIB, "what it writes after the moment");
    capture.complete();
    assertThat(late).hasSameBinaryContentAs(straight);
    try (FileChannel saved = FileChannel.open(straight)) {
      MemorySegment content = saved.map(MapMode.READ_ONLY, 0, saved.size(), arena);
      assertThat(content.getString(MIB + 2 * PAGE)).isEqualTo("page " + (MIB / PAGE + 2));
      assertThat(content.get(ValueLayout.JAVA_BYTE, 24 * MIB - 1)).isEqualTo((byte) 'x');
    }
    assertThat(SparseFile.extents(straight)).hasSize(129).contains(new Extent(4 * MIB, 20 * MIB));
  }

  /** Else a guest decides how much memory of ours the list of its pages takes. */
  @Test
  void scatteredPagesOfALargeGuestAreTakenTogether() throws IOException {
    MemorySegment guest = guest(2 * GIB);
    writeEveryOtherPage(guest, 0, MIB);
    writeEveryOtherPage(guest, GIB, GIB + MIB);
    assertThat(found(guest).own())
        .containsExactly(new Extent(0, MIB - PAGE), new Extent(GIB, MIB - PAGE));
  }
}
