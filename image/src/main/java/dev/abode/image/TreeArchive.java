package dev.abode.image;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarException;
import dev.abode.image.tar.TarReader;
import dev.abode.linux.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Trees as tar archives and back, confined to the tree: what {@code docker cp} and {@code docker
 * export} move.
 */
public final class TreeArchive {
  private TreeArchive() {}

  /**
   * Puts the content of a tar, compressed or not, into a folder of a tree. Names that lead out of
   * the folder end at it; links in the tree are followed within the tree. What has the same name is
   * replaced.
   *
   * @param path a folder of {@code tree}; a link at its end is followed within the tree
   * @param ids from the owners in the archive to those on disk
   * @throws ImageException of kind INVALID_ARGUMENT when this is no archive, or one that cannot be
   *     put there; EXHAUSTED when it is larger than {@code limits} allow
   */
  public static void extract(
      FileTree tree, String path, InputStream tar, IdTranslation ids, UnpackLimits limits)
      throws IOException {
    try (FileTree folder = tree.subtree(path);
        TreeWriter writer = new TreeWriter(folder, TreeWriter.Whiteouts.KEEP, ids, limits)) {
      InputStream unpacked = Compression.detect(tar).unpacked();
      putAll(new BoundedInput(unpacked, limits.totalBytes()), writer, limits);
      writer.finish();
    } catch (IOException e) {
      throw translated(e);
    }
  }

  /**
   * The content of a tar that is compressed with gzip or zstd or not at all, judged by its first
   * bytes.
   *
   * @throws ImageException of kind UNSUPPORTED for bzip2 and xz
   */
  public static InputStream unpacked(InputStream tar) throws IOException {
    return Compression.detect(tar).unpacked();
  }

  static void putAll(InputStream tar, TreeWriter writer, UnpackLimits limits) throws IOException {
    TarReader reader = new TarReader(tar, limits.tar());
    Optional<TarEntry> entry = reader.next();
    while (entry.isPresent()) {
      writer.put(entry.get(), reader);
      entry = reader.next();
    }
  }

  /** What is the archive's fault, as such; the disk's failures stay what they are. */
  static IOException translated(IOException e) {
    if (e instanceof TarException tar) {
      throw new ImageException(
          switch (tar.reason()) {
            case MALFORMED -> ImageException.Kind.INVALID_ARGUMENT;
            case LIMIT -> ImageException.Kind.EXHAUSTED;
          },
          tar.getMessage() == null ? "the archive is damaged" : tar.getMessage(),
          e);
    }
    if (Compression.isDamage(e)) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the compressed archive is damaged or cut short: " + e.getMessage(),
          e);
    }
    return e;
  }
}
