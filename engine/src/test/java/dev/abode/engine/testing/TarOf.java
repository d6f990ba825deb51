package dev.abode.engine.testing;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Small archives. */
public final class TarOf {
  private TarOf() {}

  /** One with a file of the host under another name, which everybody may execute. */
  public static byte[] file(String name, Path file) throws IOException {
    return files(Map.of(name, Files.readAllBytes(file)));
  }

  /** One with files of such contents, which everybody may execute. */
  public static byte[] files(Map<String, byte[]> contents) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(out);
    for (Map.Entry<String, byte[]> file : contents.entrySet()) {
      byte[] content = file.getValue();
      TarEntry entry =
          new TarEntry(
              file.getKey(),
              TarEntry.Type.FILE,
              "",
              0755,
              0,
              0,
              content.length,
              List.of(new TarEntry.Extent(0, content.length)),
              Instant.EPOCH,
              Optional.empty(),
              0,
              0,
              Map.of());
      writer.write(entry, new ByteArrayInputStream(content));
    }
    writer.finish();
    return out.toByteArray();
  }
}
