package dev.abode.engine.criu;

import dev.abode.engine.record.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The images of saved processes in a folder, and what is said in them of who they were. Files are
 * replaced, never written over: snapshots share them.
 */
public record ProcessImages(Path folder) {
  private static final int MAGIC_BYTES = 8;

  /** Gives their user namespace another range of ids, {@code userns.proto}. */
  public void mapIds(long firstId, long count) throws IOException {
    Protobuf range = new Protobuf().number(1, 0).number(2, firstId).number(3, count);
    replace("userns-*.img", new Protobuf().message(1, range).message(2, range));
  }

  /** Gives them another host name, {@code utsns.proto}. */
  public void name(String hostname, String domainname) throws IOException {
    String domain = domainname.isEmpty() ? "(none)" : domainname;
    replace("utsns-*.img", new Protobuf().text(1, hostname).text(2, domain));
  }

  /** An image is two magic numbers and, of these, one entry behind its size. */
  private void replace(String pattern, Protobuf entry) throws IOException {
    try (DirectoryStream<Path> images = Files.newDirectoryStream(folder, pattern)) {
      for (Path image : images) {
        byte[] old = Files.readAllBytes(image);
        byte[] content = entry.bytes();
        ByteBuffer next =
            ByteBuffer.allocate(MAGIC_BYTES + Integer.BYTES + content.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        next.put(old, 0, MAGIC_BYTES).putInt(content.length).put(content);
        AtomicFile.replace(image, next.array());
      }
    }
  }

  /** Why a restore failed, in criu's words. */
  public static String failure(Path workFolder) throws IOException {
    return CriuErrors.in(workFolder.resolve(RestoreRequest.LOG));
  }
}
