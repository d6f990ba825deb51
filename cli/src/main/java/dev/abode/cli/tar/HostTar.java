package dev.abode.cli.tar;

import dev.abode.image.IdTranslation;
import dev.abode.image.TreeArchive;
import dev.abode.image.UnpackLimits;
import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarLimits;
import dev.abode.image.tar.TarReader;
import dev.abode.image.tar.TarWriter;
import dev.abode.linux.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Trees of the host as tar and back, their topmost name exchanged on the way. */
public final class HostTar {
  private static final int PIPE_BYTES = 256 * 1024;

  private HostTar() {}

  /** Writes a tar; it runs in a thread of its own. */
  private interface Producer {
    void write(TarWriter writer) throws IOException;
  }

  /**
   * Unpacks a tar whose names begin with {@code oldTop} into a folder, where they begin with {@code
   * newTop} instead; nothing leads out of the folder.
   *
   * @param newTop empty to put the content of {@code oldTop} into the folder itself
   * @param keepOwners whether files belong to whom the tar says, or to the caller
   */
  public static void unpack(
      InputStream tar, String oldTop, Path folder, String newTop, boolean keepOwners)
      throws IOException {
    IdTranslation ids = keepOwners ? IdTranslation.NONE : IdTranslation.all(own("uid"), own("gid"));
    try (InputStream renamed = produce(writer -> rename(tar, oldTop, newTop, writer));
        FileTree tree = FileTree.open(folder)) {
      TreeArchive.extract(tree, "/", renamed, ids, UnpackLimits.DEFAULT);
    }
  }

  private static void rename(InputStream tar, String oldTop, String newTop, TarWriter writer)
      throws IOException {
    TarReader reader = new TarReader(tar, TarLimits.DEFAULT);
    for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
      TarEntry entry = next.get();
      String name = renamed(entry.name(), oldTop, newTop);
      if (name.isEmpty()) {
        // The folder that is copied into exists, and keeps its own mode.
        continue;
      }
      boolean hardLink = entry.type() == TarEntry.Type.HARD_LINK;
      writer.write(
          new TarEntry(
              name,
              entry.type(),
              hardLink ? renamed(entry.linkTarget(), oldTop, newTop) : entry.linkTarget(),
              entry.permissions(),
              entry.uid(),
              entry.gid(),
              entry.sizeBytes(),
              entry.extents(),
              entry.modified(),
              entry.accessed(),
              entry.deviceMajor(),
              entry.deviceMinor(),
              entry.attributes()),
          reader.content());
    }
  }

  static String renamed(String name, String oldTop, String newTop) {
    String plain = name.replaceFirst("^(\\./|/)+", "");
    plain = plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain;
    String rest = plain;
    if (plain.equals(oldTop) || plain.equals(".")) {
      rest = "";
    } else if (plain.startsWith(oldTop + "/")) {
      rest = plain.substring(oldTop.length() + 1);
    }
    return newTop.isEmpty() || rest.isEmpty() ? newTop + rest : newTop + "/" + rest;
  }

  /** A tar of a file or tree of the host, its topmost name being {@code top}, or none if empty. */
  public static InputStream pack(Path source, String top) throws IOException {
    return produce(writer -> pack(source, top, writer));
  }

  private static void pack(Path source, String top, TarWriter writer) throws IOException {
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
              throws IOException {
            if (!name(folder).isEmpty()) {
              write(folder, attributes);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            write(file, attributes);
            return FileVisitResult.CONTINUE;
          }

          private String name(Path path) {
            String rest = source.relativize(path).toString();
            return top.isEmpty() || rest.isEmpty() ? top + rest : top + "/" + rest;
          }

          private void write(Path path, BasicFileAttributes attributes) throws IOException {
            packOne(path, name(path), attributes, writer);
          }
        });
  }

  private static void packOne(
      Path path, String name, BasicFileAttributes attributes, TarWriter writer) throws IOException {
    Map<String, Object> unix =
        Files.readAttributes(path, "unix:mode,uid,gid,rdev", LinkOption.NOFOLLOW_LINKS);
    int mode = (int) number(unix, "mode");
    TarEntry.Type type =
        switch (mode & 0170000) {
          case 0040000 -> TarEntry.Type.DIRECTORY;
          case 0120000 -> TarEntry.Type.SYMBOLIC_LINK;
          case 0020000 -> TarEntry.Type.CHARACTER_DEVICE;
          case 0060000 -> TarEntry.Type.BLOCK_DEVICE;
          case 0010000 -> TarEntry.Type.FIFO;
          case 0100000 -> TarEntry.Type.FILE;
          default -> throw new IOException("cannot copy " + path + ", which is a socket");
        };
    boolean isFile = type == TarEntry.Type.FILE;
    boolean isDevice = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
    long device = isDevice ? number(unix, "rdev") : 0;
    long size = isFile ? attributes.size() : 0;
    Instant modified = attributes.lastModifiedTime().toInstant();
    TarEntry entry =
        new TarEntry(
            name,
            type,
            type == TarEntry.Type.SYMBOLIC_LINK ? Files.readSymbolicLink(path).toString() : "",
            mode & 07777,
            number(unix, "uid"),
            number(unix, "gid"),
            size,
            isFile ? List.of(new TarEntry.Extent(0, size)) : List.of(),
            modified,
            Optional.empty(),
            // makedev(3): 12 bits of major above 8 of minor, the rest of both above those.
            ((device >> 8) & 0xfff) | ((device >> 32) & ~0xfffL),
            (device & 0xff) | ((device >> 12) & ~0xffL),
            Map.of());
    if (!isFile) {
      writer.write(entry, InputStream.nullInputStream());
      return;
    }
    try (InputStream content = Files.newInputStream(path)) {
      writer.write(entry, content);
    }
  }

  private static long number(Map<String, Object> attributes, String name) {
    return attributes.get(name) instanceof Number number ? number.longValue() : 0;
  }

  private static long own(String id) throws IOException {
    return ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:" + id)).longValue();
  }

  /** What a producer writes, to be read here; its failure comes out of the reading. */
  private static InputStream produce(Producer producer) throws IOException {
    PipedOutputStream out = new PipedOutputStream();
    ProducedInput in = new ProducedInput(out);
    Thread.ofPlatform()
        .name("tar")
        .daemon()
        .start(
            () -> {
              try (out) {
                TarWriter writer = new TarWriter(out);
                producer.write(writer);
                writer.finish();
              } catch (IOException failed) {
                in.fail(failed);
              }
            });
    return in;
  }

  private static final class ProducedInput extends PipedInputStream {
    private volatile Optional<IOException> failure = Optional.empty();

    ProducedInput(PipedOutputStream out) throws IOException {
      super(out, PIPE_BYTES);
    }

    void fail(IOException failed) {
      failure = Optional.of(failed);
    }

    @Override
    public synchronized int read() throws IOException {
      return checked(super.read());
    }

    @Override
    public synchronized int read(byte[] bytes, int offset, int length) throws IOException {
      return checked(super.read(bytes, offset, length));
    }

    private int checked(int result) throws IOException {
      if (result < 0 && failure.isPresent()) {
        throw new IOException(failure.get().getMessage(), failure.get());
      }
      return result;
    }
  }
}
