package dev.abode.image;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

/** Tars made by hand, honest and hostile ones. */
final class TarBuilder {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarWriter tar = new TarWriter(bytes);

  private static TarEntry entry(
      String name, TarEntry.Type type, String target, int permissions, int size) {
    return new TarEntry(
        name,
        type,
        target,
        permissions,
        0,
        0,
        size,
        size == 0 ? List.of() : List.of(new TarEntry.Extent(0, size)),
        Instant.ofEpochSecond(1_000_000_000),
        Optional.empty(),
        0,
        0,
        Map.of());
  }

  TarBuilder put(TarEntry entry, byte[] content) {
    try {
      tar.write(entry, new ByteArrayInputStream(content));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  TarBuilder file(String name, String content) {
    byte[] data = content.getBytes(StandardCharsets.UTF_8);
    return put(entry(name, TarEntry.Type.FILE, "", 0644, data.length), data);
  }

  TarBuilder file(String name, byte[] content) {
    return put(entry(name, TarEntry.Type.FILE, "", 0644, content.length), content);
  }

  TarBuilder folder(String name, int permissions) {
    return put(entry(name, TarEntry.Type.DIRECTORY, "", permissions, 0), new byte[0]);
  }

  TarBuilder link(String name, String target) {
    return put(entry(name, TarEntry.Type.SYMBOLIC_LINK, target, 0777, 0), new byte[0]);
  }

  TarBuilder hardLink(String name, String target) {
    return put(entry(name, TarEntry.Type.HARD_LINK, target, 0644, 0), new byte[0]);
  }

  TarBuilder device(String name, TarEntry.Type type, long major, long minor) {
    return put(
        new TarEntry(
            name,
            type,
            "",
            0600,
            0,
            0,
            0,
            List.of(),
            Instant.EPOCH,
            Optional.empty(),
            major,
            minor,
            Map.of()),
        new byte[0]);
  }

  TarBuilder attributed(String name, Map<String, byte[]> attributes) {
    return put(
        new TarEntry(
            name,
            TarEntry.Type.FILE,
            "",
            0755,
            0,
            0,
            0,
            List.of(),
            Instant.EPOCH,
            Optional.empty(),
            0,
            0,
            new HashMap<>(attributes)),
        new byte[0]);
  }

  byte[] bytes() {
    try {
      tar.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static byte[] gzip(byte[] content) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  /** An image's documents as raw as a test wants them. */
  static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  /** A {@code docker save} archive in the old form, of these plain layers. */
  static byte[] dockerArchive(String name, byte[]... layers) {
    List<String> diffIds = new ArrayList<>();
    List<String> files = new ArrayList<>();
    TarBuilder archive = new TarBuilder();
    for (byte[] layer : layers) {
      String digest = BlobFolder.digestOf(unpacked(layer)).toString();
      diffIds.add("'" + digest + "'");
      String file = digest.substring(7) + "/layer.tar";
      files.add("'" + file + "'");
      archive.file(file, layer);
    }
    byte[] config =
        json(
            "{'architecture':'amd64','os':'linux','config':{'Cmd':['sh']},'rootfs':{'type':'layers','diff_ids':["
                + String.join(",", diffIds)
                + "]},'history':[]}");
    String configFile = BlobFolder.digestOf(config).hex() + ".json";
    return archive
        .file(configFile, config)
        .file(
            "manifest.json",
            json(
                "[{'Config':'"
                    + configFile
                    + "','RepoTags':['"
                    + name
                    + "'],'Layers':["
                    + String.join(",", files)
                    + "]}]"))
        .bytes();
  }

  private static byte[] unpacked(byte[] layer) {
    try {
      return Compression.detect(new ByteArrayInputStream(layer)).unpacked().readAllBytes();
    } catch (IOException e) {
      return layer;
    }
  }
}
