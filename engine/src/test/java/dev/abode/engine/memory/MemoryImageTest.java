package dev.abode.engine.memory;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryImageTest {
  private static final int MIB = 1 << 20;
  private static final int BLOCK = 4096;

  @TempDir Path folder;

  private Path file(String name, int at, String text) throws IOException {
    Path file = folder.resolve(name);
    try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
      content.setLength(MIB);
      content.seek(at);
      content.write(text.getBytes(US_ASCII));
    }
    return file;
  }

  @Test
  void eachFileReplacesWhatItHasOfThoseBefore() throws IOException {
    Path base = file("base", 0, "base");
    Files.write(base, new byte[] {'t', 'w', 'o'}, StandardOpenOption.WRITE);
    Path delta = file("delta", 8 * BLOCK, "delta");
    try (MemoryImage images = new MemoryImage();
        MemoryImage.Lease image = images.lease(List.of(base, delta), MIB);
        FileChannel content = FileChannel.open(image.path())) {
      assertThat(content.size()).isEqualTo(MIB);
      assertThat(text(content, 0, 4)).isEqualTo("twoe");
      assertThat(text(content, 8 * BLOCK, 5)).isEqualTo("delta");
    }
  }

  private static String text(FileChannel file, int at, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    file.read(bytes, at);
    return new String(bytes.array(), US_ASCII);
  }

  /** A hypervisor has to open its memory for writing, and must not alter what others map. */
  @Test
  void nobodyCanAlterAnImageThatHasIt() throws IOException {
    try (MemoryImage images = new MemoryImage();
        MemoryImage.Lease image = images.lease(List.of(file("base", 0, "base")), MIB);
        FileChannel content =
            FileChannel.open(image.path(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      assertThatThrownBy(() -> content.write(ByteBuffer.allocate(1), 0))
          .hasMessageContaining("not permitted");
      assertThatThrownBy(() -> content.map(MapMode.READ_WRITE, 0, MIB))
          .isInstanceOf(IOException.class);
      ByteBuffer own = content.map(MapMode.PRIVATE, 0, MIB);
      own.put(0, (byte) 'B');
      assertThat(text(content, 0, 4)).isEqualTo("base");
    }
  }

  @Test
  void machinesShareAnImageWhileTheyStart() throws IOException {
    Path base = file("base", 0, "base");
    try (MemoryImage images = new MemoryImage()) {
      Path path;
      try (MemoryImage.Lease one = images.lease(List.of(base), MIB);
          MemoryImage.Lease other = images.lease(List.of(base), MIB)) {
        path = other.path();
        assertThat(path).isEqualTo(one.path());
        images.forget();
        assertThat(Files.exists(path)).isTrue();
      }
      images.forget();
      assertThat(Files.exists(path)).isFalse();
    }
  }
}
