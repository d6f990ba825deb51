package dev.abode.image;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarLimits;
import dev.abode.image.tar.TarReader;
import dev.abode.image.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Copies a tar without some of its entries. */
final class TarFilter {
  private TarFilter() {}

  static byte[] without(byte[] tar, String... names) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(out);
    TarReader reader = new TarReader(new ByteArrayInputStream(tar), TarLimits.DEFAULT);
    Optional<TarEntry> entry = reader.next();
    while (entry.isPresent()) {
      if (!List.of(names).contains(entry.get().name())) {
        writer.write(entry.get(), reader.content());
      }
      entry = reader.next();
    }
    writer.finish();
    return out.toByteArray();
  }
}
