package dev.abode.linux;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.SparseFile.Extent;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the file system of the tests, which has holes, and blocks of at most 4 KiB. */
class SparseFileTest {
  private static final int BLOCK = 4096;

  @TempDir Path folder;

  /** A file of so many blocks, of which those are full of their letter. */
  private Path file(String name, int blocks, String letters) throws IOException {
    Path path = folder.resolve(name);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength((long) blocks * BLOCK);
      for (int i = 0; i < letters.length(); i++) {
        if (letters.charAt(i) != ' ') {
          file.seek((long) i * BLOCK);
          file.write(letters.substring(i, i + 1).repeat(BLOCK).getBytes(US_ASCII));
        }
      }
    }
    return path;
  }

  /** The first letter of each block; a space where there is none. */
  private static String letters(Path path) throws IOException {
    StringBuilder letters = new StringBuilder();
    byte[] bytes = Files.readAllBytes(path);
    for (int i = 0; i < bytes.length; i += BLOCK) {
      letters.append(bytes[i] == 0 ? ' ' : (char) bytes[i]);
    }
    return letters.toString();
  }

  private static Extent blocks(int first, int count) {
    return new Extent((long) first * BLOCK, (long) count * BLOCK);
  }

  @Test
  void holesStayHoles() throws Exception {
    Path from = file("from", 100, " bc      j");
    Path to = folder.resolve("to");

    SparseFile.copy(from, to);

    assertThat(letters(to)).isEqualTo(letters(from));
    assertThat(SparseFile.extents(to)).containsExactly(blocks(1, 2), blocks(9, 1));
  }

  @Test
  void whatIsEmptiedKeepsNothing() throws Exception {
    Path file = file("file", 3, "abc");

    SparseFile.empty(file, 2L * BLOCK);

    assertThat(SparseFile.extents(file)).isEmpty();
    assertThat(letters(file)).isEqualTo("  ");
  }

  @Test
  void smallHolesMayCountAsData() throws Exception {
    Path file = file("file", 100, "a b  e        n");

    assertThat(SparseFile.extents(file, 3L * BLOCK)).containsExactly(blocks(0, 6), blocks(14, 1));
    assertThat(SparseFile.extents(file, 2L * BLOCK))
        .containsExactly(blocks(0, 3), blocks(5, 1), blocks(14, 1));
  }

  @Test
  void onlyTheWantedPartsAreCopied() throws Exception {
    Path from = file("from", 20, "abcdefghij");
    Path to = folder.resolve("to");

    SparseFile.copy(from, to, List.of(blocks(1, 2), blocks(8, 6)));

    assertThat(letters(to)).isEqualTo(" bc     ij          ");
  }

  @Test
  void whatIsLaidOverReplacesWhatIsThereAndNothingElse() throws Exception {
    Path onto = file("onto", 10, "abcdef");
    Path from = file("from", 20, "  C  F  I    N");

    SparseFile.lay(from, onto);

    assertThat(letters(onto)).isEqualTo("abCdeF  I ");
  }

  @Test
  void aFileIsSharedWholeOrNotAtAll() throws Exception {
    Path from = file("from", 10, "abc");
    Path to = file("to", 2, "xy");

    boolean shared = SparseFile.share(from, to);

    // Which of both is the file system's choice.
    assertThat(letters(to)).isEqualTo(shared ? letters(from) : "xy");
  }
}
