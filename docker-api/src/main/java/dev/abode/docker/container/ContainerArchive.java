package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.route.Call;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.instance.FileStat;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;
import java.util.zip.GZIPInputStream;

/** Files in and out, as tar: {@code docker cp} and {@code docker export}. */
final class ContainerArchive {
  private static final String TAR = "application/x-tar";
  private static final String STAT_FIELD = "X-Docker-Container-Path-Stat";

  private final Engine engine;

  ContainerArchive(Engine engine) {
    this.engine = engine;
  }

  void stat(Call call) throws IOException {
    FileStat stat = instance(call).fileStat(path(call));
    call.exchange().addField(STAT_FIELD, encoded(stat));
    call.exchange().respond(200, TAR, new byte[0]);
  }

  void copyOut(Call call) throws IOException {
    Instance instance = instance(call);
    String path = path(call);
    call.exchange().addField(STAT_FIELD, encoded(instance.fileStat(path)));
    instance.copyOut(path, call.exchange().stream(200, TAR));
  }

  void copyIn(Call call) throws IOException {
    boolean keepTypes = call.query().flag("noOverwriteDirNonDir");
    boolean keepOwners = call.query().flag("copyUIDGID");
    instance(call).copyIn(path(call), plain(call.exchange().body()), keepTypes, keepOwners);
    call.respond(200);
  }

  void export(Call call) throws IOException {
    Instance instance = instance(call);
    instance.export(call.exchange().stream(200, "application/octet-stream"));
  }

  private Instance instance(Call call) {
    return engine.instance(call.parameter("id"));
  }

  private static String path(Call call) {
    return call.query()
        .text("path")
        .orElseThrow(() -> ApiException.invalid("bad parameter: 'path' cannot be empty"));
  }

  /** The tar may come compressed by gzip. */
  private static InputStream plain(InputStream body) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(body);
    buffered.mark(2);
    boolean gzip = buffered.read() == 0x1f && buffered.read() == 0x8b;
    buffered.reset();
    return gzip ? new GZIPInputStream(buffered) : buffered;
  }

  static String encoded(FileStat stat) {
    JsonDocument document =
        new JsonDocument()
            .with("name", stat.name())
            .with("size", stat.sizeBytes())
            .with("mode", goFileMode(stat.mode()))
            .with("mtime", GoTime.text(stat.modified()))
            .with("linkTarget", stat.linkTarget());
    return Base64.getEncoder().encodeToString(document.bytes());
  }

  /**
   * {@code st_mode} of {@code inode(7)} in the bits of Go's {@code io/fs.FileMode}.
   *
   * @return unsigned 32 bits
   */
  static long goFileMode(int mode) {
    long go = mode & 0777;
    go |=
        switch (mode & 0170000) {
          case 0040000 -> 1L << 31; // directory
          case 0120000 -> 1L << 27; // symbolic link
          case 0060000 -> 1L << 26; // block device
          case 0010000 -> 1L << 25; // FIFO
          case 0140000 -> 1L << 24; // socket
          case 0020000 -> 1L << 26 | 1L << 21; // character device
          default -> 0;
        };
    go |= (mode & 04000) != 0 ? 1L << 23 : 0;
    go |= (mode & 02000) != 0 ? 1L << 22 : 0;
    go |= (mode & 01000) != 0 ? 1L << 20 : 0;
    return go;
  }
}
