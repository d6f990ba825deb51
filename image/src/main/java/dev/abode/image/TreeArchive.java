package dev.abode.image;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarException;
import dev.abode.image.tar.TarReader;
import dev.abode.image.tar.TarWriter;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Trees as tar archives and back, confined to the tree: what {@code docker cp} and {@code docker
 * export} move.
 */
public final class TreeArchive {
  private TreeArchive() {}

  /** What happens at a folder something else is mounted on. */
  public enum Mounts {
    /** What is mounted there is written too, as {@code docker cp} does. */
    INCLUDE,
    /** The folder is written, but empty, as {@code docker export} does. */
    LEAVE_OUT
  }

  /**
   * Writes what is at {@code path}, with all below it, as an uncompressed tar. Sockets are left
   * out.
   *
   * @param path looked up within the tree; a link at its end is written as a link. "" or {@code /}
   *     is the whole tree
   * @param name what the entry is called in the tar, and its folder for what is below it; "" for
   *     the content of the folder at {@code path} without itself
   * @param ids from the owners on disk to those in the archive
   * @throws dev.abode.linux.KernelException with ENOENT when there is nothing at {@code path}
   */
  public static void write(
      FileTree tree, String path, String name, OutputStream out, Mounts mounts, IdTranslation ids)
      throws IOException {
    TarWriter tar = new TarWriter(out);
    TreeReader reader = new TreeReader(tar, TreeReader.Whiteouts.KEEP, mounts, ids);
    if (name.isEmpty()) {
      try (FileTree folder = tree.subtree(path)) {
        reader.contents(folder, "");
      }
    } else {
      EntryPath at = EntryPath.of(path);
      try (FileTreeNode present = tree.node(path)) {
        FileTreeStatus _ = present.status();
      }
      try (FileTree folder = tree.subtree(at.isRoot() ? "" : at.parent().toString())) {
        reader.entry(folder, at.isRoot() ? "" : at.last(), name);
      }
    }
    tar.finish();
  }

  /** Writes an overlay upper directory as a layer: whiteouts and opaque folders in OCI's form. */
  static void writeLayer(FileTree upper, OutputStream out) throws IOException {
    TarWriter tar = new TarWriter(out);
    new TreeReader(tar, TreeReader.Whiteouts.TRANSLATE, Mounts.LEAVE_OUT, IdTranslation.NONE)
        .contents(upper, "");
    tar.finish();
  }

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
      putAll(Compression.unpack(tar, limits, limits.totalBytes()), writer, limits);
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
