package dev.abode.image.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What GNU tar and commons-compress write is read as they mean it, and the other way round. */
final class TarReaderTest {
  @TempDir Path folder;

  private static final class Read {
    private final TarEntry entry;
    private final byte[] content;

    Read(TarEntry entry, byte[] content) {
      this.entry = entry;
      this.content = content;
    }

    TarEntry entry() {
      return entry;
    }

    byte[] content() {
      return content;
    }

    /** The file with its holes. */
    byte[] whole() {
      byte[] whole = new byte[(int) entry.sizeBytes()];
      int at = 0;
      for (TarEntry.Extent extent : entry.extents()) {
        int length = (int) extent.lengthBytes();
        System.arraycopy(content, at, whole, (int) extent.offsetBytes(), length);
        at += length;
      }
      return whole;
    }
  }

  private static Read of(Map<String, Read> all, String name) {
    return Optional.ofNullable(all.get(name)).orElseThrow(() -> new AssertionError("no " + name));
  }

  private static Map<String, Read> readAll(InputStream in) throws IOException {
    Map<String, Read> all = new HashMap<>();
    TarReader reader = new TarReader(in, TarLimits.DEFAULT);
    Optional<TarEntry> entry = reader.next();
    while (entry.isPresent()) {
      byte[] content = reader.content().readAllBytes();
      all.put(entry.get().name(), new Read(entry.get(), content));
      entry = reader.next();
    }
    return all;
  }

  private static Map<String, Read> readAll(byte[] tar) throws IOException {
    return readAll(new ByteArrayInputStream(tar));
  }

  private byte[] gnuTar(Path source, List<String> options) throws Exception {
    Path archive = folder.resolve("gnu.tar");
    List<String> command = new ArrayList<>(List.of("tar", "--sort=name"));
    command.addAll(options);
    command.addAll(List.of("-cf", archive.toString(), "-C", source.toString(), "."));
    Process tar = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tar.waitFor()).as(said).isZero();
    return Files.readAllBytes(archive);
  }

  static Stream<List<String>> formats() {
    return Stream.of(
        List.of("--format=gnu"),
        List.of("--format=gnu", "-S"),
        List.of("--format=posix"),
        List.of("--format=posix", "-S", "--sparse-version=0.0"),
        List.of("--format=posix", "-S", "--sparse-version=0.1"),
        List.of("--format=posix", "-S", "--sparse-version=1.0"),
        List.of("--format=ustar"),
        List.of("--format=oldgnu", "-S"));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void everyFormOfGnuTarIsRead(List<String> options) throws Exception {
    boolean limited = options.contains("--format=ustar");
    Path source = Files.createDirectory(folder.resolve("source"));
    // ustar has a hundred bytes for the target of a hard link.
    String deep = limited ? "d/" + "e".repeat(90) : "d".repeat(90) + "/" + "e".repeat(200);
    Files.createDirectories(source.resolve(deep).resolve(".."));
    Files.writeString(source.resolve(deep), "deep");
    Files.createLink(source.resolve("hard"), source.resolve(deep));
    Files.createSymbolicLink(
        source.resolve("link"), Path.of(limited ? "t".repeat(90) : "t".repeat(300)));
    try (RandomAccessFile file = new RandomAccessFile(source.resolve("sparse").toFile(), "rw")) {
      // More extents than fit into one header, so that old GNU sparse needs extension blocks.
      for (int i = 0; i < 60; i++) {
        file.seek(i * 100_000L);
        file.write(("part " + i).getBytes(StandardCharsets.US_ASCII));
      }
      file.setLength(7_000_000);
    }
    try (RandomAccessFile file = new RandomAccessFile(source.resolve("hole").toFile(), "rw")) {
      file.setLength(3_000_000);
    }
    Files.writeString(source.resolve("größe"), "umlaut");

    Map<String, Read> read = readAll(gnuTar(source, options));

    String first = "./" + deep;
    TarEntry deepEntry = of(read, first).entry();
    TarEntry hard = of(read, "./hard").entry();
    assertThat(List.of(deepEntry.type(), hard.type()))
        .containsExactlyInAnyOrder(TarEntry.Type.FILE, TarEntry.Type.HARD_LINK);
    assertThat(of(read, "./link").entry().linkTarget())
        .isEqualTo(Files.readSymbolicLink(source.resolve("link")).toString());
    assertThat(of(read, "./sparse").whole())
        .isEqualTo(Files.readAllBytes(source.resolve("sparse")));
    assertThat(of(read, "./hole").whole()).isEqualTo(Files.readAllBytes(source.resolve("hole")));
    assertThat(of(read, "./größe").content()).isEqualTo("umlaut".getBytes(StandardCharsets.UTF_8));
    if (options.contains("-S")) {
      assertThat(of(read, "./sparse").entry().storedBytes()).isLessThan(1_000_000);
    }
    if (options.contains("--format=posix")) {
      assertThat(of(read, "./größe").entry().modified())
          .isEqualTo(Files.getLastModifiedTime(source.resolve("größe")).toInstant());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void commonsCompressIsRead(long seed) throws IOException {
    Random random = new Random(seed);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Map<String, byte[]> contents = new HashMap<>();
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes, "UTF-8")) {
      out.setLongFileMode(
          seed % 2 == 0
              ? TarArchiveOutputStream.LONGFILE_GNU
              : TarArchiveOutputStream.LONGFILE_POSIX);
      out.setBigNumberMode(
          seed % 4 < 2
              ? TarArchiveOutputStream.BIGNUMBER_STAR
              : TarArchiveOutputStream.BIGNUMBER_POSIX);
      out.setAddPaxHeadersForNonAsciiNames(seed % 2 == 1);
      for (int i = 0; i < 60; i++) {
        String name = i + "/" + "n".repeat(1 + random.nextInt(250)) + (i % 7 == 0 ? "ß" : "");
        byte[] content = new byte[random.nextInt(3000)];
        random.nextBytes(content);
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        entry.setUserId(i % 5 == 0 ? 3_000_000_000L : i);
        entry.setGroupId(i);
        entry.setMode(0100000 | random.nextInt(01000));
        out.putArchiveEntry(entry);
        out.write(content);
        out.closeArchiveEntry();
        contents.put(name, content);
      }
    }

    Map<String, Read> read = readAll(bytes.toByteArray());

    assertThat(read.keySet()).isEqualTo(contents.keySet());
    read.forEach(
        (name, each) -> {
          assertThat(each.content()).isEqualTo(contents.get(name));
          int i = Integer.parseInt(name.substring(0, name.indexOf('/')));
          assertThat(each.entry().uid()).isEqualTo(i % 5 == 0 ? 3_000_000_000L : i);
        });
  }

  private static TarEntry random(Random random, int number) {
    TarEntry.Type type = TarEntry.Type.values()[random.nextInt(TarEntry.Type.values().length)];
    boolean file = type == TarEntry.Type.FILE;
    int size = file ? random.nextInt(5000) : 0;
    boolean sparse = file && random.nextInt(4) == 0 && size > 100;
    List<TarEntry.Extent> extents =
        sparse
            ? List.of(new TarEntry.Extent(10, 20), new TarEntry.Extent(60, size - 70))
            : size == 0 ? List.of() : List.of(new TarEntry.Extent(0, size));
    boolean device = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
    boolean link = type == TarEntry.Type.HARD_LINK || type == TarEntry.Type.SYMBOLIC_LINK;
    byte[] value = new byte[random.nextInt(50)];
    random.nextBytes(value);
    return new TarEntry(
        number
            + "/"
            + "n".repeat(random.nextInt(300))
            + (random.nextBoolean() ? "ü\udcff" : "")
            + "x"
            + (type == TarEntry.Type.DIRECTORY ? "/" : ""),
        type,
        link ? "t".repeat(1 + random.nextInt(300)) : "",
        random.nextInt(010000),
        random.nextBoolean() ? random.nextInt(1000) : 4_000_000_000L,
        random.nextInt(1000),
        size,
        extents,
        Instant.ofEpochSecond(
            random.nextLong(-5_000_000_000L, 20_000_000_000L),
            random.nextBoolean() ? random.nextInt(1_000_000_000) : 0),
        random.nextBoolean()
            ? Optional.of(Instant.ofEpochSecond(random.nextInt(), 5))
            : Optional.empty(),
        device ? random.nextInt(4000) : 0,
        device ? random.nextInt(100_000) : 0,
        random.nextInt(3) == 0 ? Map.of("user.x", value) : Map.of());
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void whatIsWrittenIsReadBackAndUnderstoodByOthers(long seed) throws IOException {
    Random random = new Random(seed);
    List<TarEntry> entries = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(bytes);
    for (int i = 0; i < 80; i++) {
      TarEntry entry = random(random, i);
      byte[] content = new byte[(int) entry.storedBytes()];
      random.nextBytes(content);
      writer.write(entry, new ByteArrayInputStream(content));
      entries.add(entry);
      contents.add(content);
    }
    writer.finish();

    TarReader reader =
        new TarReader(new ByteArrayInputStream(bytes.toByteArray()), TarLimits.DEFAULT);
    for (int i = 0; i < entries.size(); i++) {
      TarEntry read = reader.next().orElseThrow();
      assertThat(read)
          .usingRecursiveComparison()
          .ignoringFields("attributes", "extents")
          .isEqualTo(entries.get(i));
      assertThat(read.extents().stream().filter(e -> e.lengthBytes() > 0).toList())
          .isEqualTo(entries.get(i).extents());
      TarEntry written = entries.get(i);
      assertThat(read.attributes().keySet()).isEqualTo(written.attributes().keySet());
      read.attributes()
          .forEach((key, value) -> assertThat(value).isEqualTo(written.attributes().get(key)));
      assertThat(reader.content().readAllBytes()).isEqualTo(contents.get(i));
    }
    assertThat(reader.next()).isEmpty();

    try (TarArchiveInputStream oracle =
        new TarArchiveInputStream(new ByteArrayInputStream(bytes.toByteArray()), "UTF-8")) {
      for (TarEntry entry : entries) {
        TarArchiveEntry read = oracle.getNextEntry();
        assertThat(read.getMode() & 07777).isEqualTo(entry.permissions());
        assertThat(read.getLongUserId()).isEqualTo(entry.uid());
        assertThat(read.getLinkName()).isEqualTo(entry.linkTarget());
        if (entry.type() == TarEntry.Type.FILE) {
          assertThat(read.getRealSize()).isEqualTo(entry.sizeBytes());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {31, 32, 33, 34, 35, 36})
  void damageIsAnErrorAndNothingElse(long seed) throws IOException {
    Random random = new Random(seed);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(bytes);
    for (int i = 0; i < 10; i++) {
      TarEntry entry = random(random, i);
      byte[] content = new byte[(int) entry.storedBytes()];
      writer.write(entry, new ByteArrayInputStream(content));
    }
    writer.finish();
    byte[] whole = bytes.toByteArray();
    for (int round = 0; round < 2000; round++) {
      byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length));
      for (int i = random.nextInt(8); i > 0 && damaged.length > 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      repairChecksums(damaged);
      try {
        readAll(damaged);
      } catch (TarException e) {
        assertThat(e).hasMessageContaining("the archive");
      }
    }
  }

  /** So that the damage behind the checksum is met too. */
  private static void repairChecksums(byte[] tar) {
    for (int at = 0; at + 512 <= tar.length; at += 512) {
      if (tar[at + 257] == 'u' && tar[at + 258] == 's') {
        Arrays.fill(tar, at + 148, at + 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < 512; i++) {
          sum += tar[at + i] & 0xff;
        }
        byte[] digits = String.format("%06o", sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, tar, at + 148, 6);
        tar[at + 154] = 0;
      }
    }
  }

  @Test
  void base256NumbersBeyond64BitsAreRefused() {
    byte[] header = new byte[1024];
    header[0] = 'f';
    header[156] = '0';
    header[257] = 'u';
    header[258] = 's';
    Arrays.fill(header, 124, 136, (byte) 0x7f);
    header[124] = (byte) 0xbf;
    repairChecksums(header);

    assertThatThrownBy(() -> readAll(header))
        .isInstanceOf(TarException.class)
        .hasMessageContaining("more than 64 bits");
  }

  @Test
  void aKnownOldArchiveIsRead() throws IOException {
    // A v7 header: no magic, a folder is known by its slash.
    byte[] tar = new byte[1536];
    byte[] name = "folder/".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, tar, 0, name.length);
    System.arraycopy("000755 ".getBytes(StandardCharsets.US_ASCII), 0, tar, 100, 7);
    Arrays.fill(tar, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += tar[i];
    }
    System.arraycopy(
        String.format("%06o", sum).getBytes(StandardCharsets.US_ASCII), 0, tar, 148, 6);

    TarEntry entry = of(readAll(tar), "folder/").entry();

    assertThat(entry.type()).isEqualTo(TarEntry.Type.DIRECTORY);
    assertThat(entry.permissions()).isEqualTo(0755);
  }
}
