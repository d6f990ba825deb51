package dev.abode.engine;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarWriter;
import dev.abode.init.ShimBinary;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A root file system of one file, which every engine has at hand: {@code abode-init}. With the
 * argument {@code hold} it runs for half a minute, with {@code end} it ends at once.
 */
public final class SmallestRootfs {
  public static final String PROGRAM = "/abode-init";

  private SmallestRootfs() {}

  /** The file system as a tar, for {@link dev.abode.image.Images#importRootfs}. */
  public static InputStream tar() throws IOException {
    byte[] program = ShimBinary.program();
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(tar);
    writer.write(
        new TarEntry(
            PROGRAM.substring(1),
            TarEntry.Type.FILE,
            "",
            0755,
            0,
            0,
            program.length,
            List.of(new TarEntry.Extent(0, program.length)),
            Instant.EPOCH,
            Optional.empty(),
            0,
            0,
            Map.of()),
        new ByteArrayInputStream(program));
    writer.finish();
    return new ByteArrayInputStream(tar.toByteArray());
  }
}
