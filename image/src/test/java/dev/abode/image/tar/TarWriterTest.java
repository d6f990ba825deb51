package dev.abode.image.tar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarWriterTest {
  private static final Instant TIME = Instant.parse("2021-03-04T05:06:07.123456789Z");

  @TempDir Path folder;

  private static TarEntry file(String name, int size, List<TarEntry.Extent> extents) {
    return new TarEntry(
        name,
        TarEntry.Type.FILE,
        "",
        04755,
        1000,
        4_000_000_000L,
        size,
        extents,
        TIME,
        Optional.empty(),
        0,
        0,
        Map.of("security.capability", new byte[] {1, 0, 0, 2, 0, (byte) 0xff, '\n'}));
  }

  private static byte[] written(TarEntry entry, String content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(out);
    writer.write(entry, new ByteArrayInputStream(content.getBytes(UTF_8)));
    writer.finish();
    assertThat(out.size() % 10240).isZero();
    return out.toByteArray();
  }

  private static TarEntry same(TarEntry entry, String content) throws IOException {
    TarReader reader =
        new TarReader(new ByteArrayInputStream(written(entry, content)), TarLimits.DEFAULT);
    TarEntry read = reader.next().orElseThrow();
    assertThat(new String(reader.content().readAllBytes(), UTF_8)).isEqualTo(content);
    assertThat(reader.next()).isEmpty();
    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("name", "attributes", "extents")
        .isEqualTo(entry);
    assertThat(read.extents().stream().filter(e -> e.lengthBytes() > 0).toList())
        .isEqualTo(entry.extents());
    entry
        .attributes()
        .forEach((name, value) -> assertThat(read.attributes().get(name)).isEqualTo(value));
    return read;
  }

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    String name = "a/" + "long/".repeat(60) + "näme\udc80";
    TarEntry read = same(file(name, 5, List.of(new TarEntry.Extent(0, 5))), "hello");
    assertThat(read.name()).isEqualTo(name);
  }

  @Test
  void recordLengthsCountTheirOwnDigits() throws IOException {
    // Names around the lengths where one more digit is needed.
    for (int length = 80; length < 110; length++) {
      String name = "é" + "x".repeat(length);
      assertThat(same(file(name, 1, List.of(new TarEntry.Extent(0, 1))), "x").name())
          .isEqualTo(name);
    }
  }

  @Test
  void holesStayHoles() throws IOException {
    List<TarEntry.Extent> extents =
        List.of(new TarEntry.Extent(4096, 3), new TarEntry.Extent(1 << 20, 2));
    assertThat(same(file("sparse", 1 << 21, extents), "abcde").name()).isEqualTo("sparse");
    assertThat(same(file("hole", 1 << 21, List.of()), "").sizeBytes()).isEqualTo(1 << 21);
  }

  @Test
  void contentThatIsTooShortIsAnError() {
    assertThatThrownBy(() -> written(file("f", 6, List.of(new TarEntry.Extent(0, 6))), "short"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("1 bytes before");
  }

  @Test
  void gnuTarUnderstandsIt() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(out);
    String name = "d".repeat(150) + "/file";
    writer.write(
        file(name, 1 << 20, List.of(new TarEntry.Extent(1000, 4))),
        new ByteArrayInputStream("data".getBytes(UTF_8)));
    writer.write(
        new TarEntry(
            "link",
            TarEntry.Type.SYMBOLIC_LINK,
            "t".repeat(120),
            0777,
            0,
            0,
            0,
            List.of(),
            TIME,
            Optional.empty(),
            0,
            0,
            Map.of()),
        InputStream.nullInputStream());
    writer.finish();
    Path archive = Files.write(folder.resolve("a.tar"), out.toByteArray());
    Process tar =
        new ProcessBuilder("tar", "-xf", archive.toString(), "-C", folder.toString())
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).isZero();
    byte[] content = Files.readAllBytes(folder.resolve(name));
    assertThat(content).hasSize(1 << 20);
    assertThat(new String(content, 1000, 4, UTF_8)).isEqualTo("data");
    assertThat(Files.getLastModifiedTime(folder.resolve(name)).toInstant()).isEqualTo(TIME);
    assertThat(Files.readSymbolicLink(folder.resolve("link")).toString()).hasSize(120);
  }
}
