package dev.abode.image;

import dev.abode.image.tar.ExtentsInput;
import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarWriter;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeFile;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a tree as the entries of one tar, folder by folder, names in order. Sockets are left out,
 * as nothing can be done with their remains. What vanishes or changes its kind while a living tree
 * is read is left out too; a file that shrinks is filled with zeros.
 */
final class TreeReader {
  /** A descriptor a level; deeper trees are refused. */
  private static final int DEEPEST = 512;

  /** Holes below this are not worth a map. */
  private static final long LEAST_HOLE_BYTES = 64 * 1024;

  private static final String OVERLAY = "trusted.overlay.";
  private static final String REDIRECT = "trusted.overlay.redirect";

  /** What a reader does with overlayfs' marks. */
  enum Whiteouts {
    /** The tree is an upper directory and becomes a layer. */
    TRANSLATE,
    /** The tree is just files. */
    KEEP
  }

  private final TarWriter tar;
  private final Whiteouts whiteouts;
  private final TreeArchive.Mounts mounts;
  private final IdTranslation ids;

  /** The first name of each inode that has several. */
  private final Map<Inode, String> linked = new HashMap<>();

  private record Inode(FileTreeStatus.Device device, long number) {}

  TreeReader(TarWriter tar, Whiteouts whiteouts, TreeArchive.Mounts mounts, IdTranslation ids) {
    this.tar = tar;
    this.whiteouts = whiteouts;
    this.mounts = mounts;
    this.ids = ids;
  }

  /** Writes the entry called {@code name} of {@code folder}, with all below it, as {@code path}. */
  void entry(FileTree folder, String name, String path) throws IOException {
    entry(folder, name, path, 0);
  }

  /** Writes what is in {@code folder}, each under {@code prefix}. */
  void contents(FileTree folder, String prefix) throws IOException {
    contents(folder, prefix, 0);
  }

  private void contents(FileTree folder, String prefix, int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new ImageException(
          ImageException.Kind.EXHAUSTED,
          "the folders at " + TreeWriter.shown(prefix) + " are nested deeper than " + DEEPEST);
    }
    for (String name : folder.list("")) {
      entry(folder, name, prefix + name, depth);
    }
  }

  private void entry(FileTree folder, String name, String path, int depth) throws IOException {
    try (FileTreeNode node = folder.node(name)) {
      FileTreeStatus status = node.status();
      if (whiteouts == Whiteouts.TRANSLATE) {
        if (status.isWhiteout()) {
          whiteout(path);
          return;
        }
        refuseWhiteoutName(path, name);
      }
      switch (status.kind()) {
        case SOCKET -> {}
        case DIRECTORY -> directory(folder, name, path, node, status, depth);
        case REGULAR -> {
          if (!hardLink(path, status)) {
            file(folder, name, path, node, status);
          }
        }
        case SYMBOLIC_LINK -> {
          if (!hardLink(path, status)) {
            put(path, TarEntry.Type.SYMBOLIC_LINK, node.readLink(), node, status);
          }
        }
        case CHARACTER_DEVICE -> special(path, TarEntry.Type.CHARACTER_DEVICE, node, status);
        case BLOCK_DEVICE -> special(path, TarEntry.Type.BLOCK_DEVICE, node, status);
        case FIFO -> special(path, TarEntry.Type.FIFO, node, status);
      }
    } catch (KernelException e) {
      boolean vanished =
          switch (e.errno()) {
            case Errno.ENOENT, Errno.ELOOP, Errno.EINVAL, Errno.ENOTDIR, Errno.EISDIR -> true;
            default -> false;
          };
      if (!vanished) {
        throw e;
      }
    }
  }

  private void special(String path, TarEntry.Type type, FileTreeNode node, FileTreeStatus status)
      throws IOException {
    if (!hardLink(path, status)) {
      put(path, type, "", node, status);
    }
  }

  private void directory(
      FileTree folder,
      String name,
      String path,
      FileTreeNode node,
      FileTreeStatus status,
      int depth)
      throws IOException {
    put(path + "/", TarEntry.Type.DIRECTORY, "", node, status);
    if (whiteouts == Whiteouts.TRANSLATE && isOpaque(node)) {
      marker(path + "/" + TreeWriter.OPAQUE_WHITEOUT);
    }
    if (whiteouts == Whiteouts.TRANSLATE && node.attribute(REDIRECT).isPresent()) {
      throw new ImageException(
          ImageException.Kind.UNSUPPORTED,
          TreeWriter.shown(path)
              + " was renamed by overlayfs with redirect_dir, which a layer cannot say; mount with"
              + " redirect_dir=off");
    }
    try (FileTree below = folder.subtree(name)) {
      boolean otherMount =
          mounts == TreeArchive.Mounts.LEAVE_OUT
              && below.status("").filter(s -> s.mountId() != mountOf(folder)).isPresent();
      if (!otherMount) {
        contents(below, path + "/", depth + 1);
      }
    }
  }

  private static long mountOf(FileTree folder) {
    try {
      return folder.status("").map(FileTreeStatus::mountId).orElse(-1L);
    } catch (KernelException e) {
      return -1;
    }
  }

  static boolean isOpaque(FileTreeNode node) throws IOException {
    Optional<byte[]> opaque = node.attribute(TreeWriter.OPAQUE);
    return opaque.isPresent() && opaque.get().length == 1 && opaque.get()[0] == 'y';
  }

  private void whiteout(String path) throws IOException {
    int slash = path.lastIndexOf('/') + 1;
    marker(path.substring(0, slash) + TreeWriter.WHITEOUT + path.substring(slash));
  }

  private static void refuseWhiteoutName(String path, String name) {
    if (name.startsWith(TreeWriter.WHITEOUT)) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          TreeWriter.shown(path)
              + " cannot be in a layer: a name that begins with .wh. means the removal of another"
              + " file; rename it");
    }
  }

  private void marker(String path) throws IOException {
    tar.write(
        new TarEntry(
            path,
            TarEntry.Type.FILE,
            "",
            0,
            0,
            0,
            0,
            List.of(),
            java.time.Instant.EPOCH,
            Optional.empty(),
            0,
            0,
            Map.of()),
        InputStream.nullInputStream());
  }

  /** Writes a second name of an inode as a link to the first. */
  private boolean hardLink(String path, FileTreeStatus status) throws IOException {
    if (status.links() < 2) {
      return false;
    }
    String first = linked.putIfAbsent(new Inode(status.device(), status.inode()), path);
    if (first == null) {
      return false;
    }
    tar.write(
        new TarEntry(
            path,
            TarEntry.Type.HARD_LINK,
            first,
            status.permissions(),
            ids.uid(status.uid()),
            ids.gid(status.gid()),
            0,
            List.of(),
            status.modified(),
            Optional.empty(),
            0,
            0,
            Map.of()),
        InputStream.nullInputStream());
    return true;
  }

  private void put(
      String path, TarEntry.Type type, String target, FileTreeNode node, FileTreeStatus status)
      throws IOException {
    tar.write(
        describe(path, type, target, node, status, 0, List.of()), InputStream.nullInputStream());
  }

  private TarEntry describe(
      String path,
      TarEntry.Type type,
      String target,
      FileTreeNode node,
      FileTreeStatus status,
      long size,
      List<TarEntry.Extent> extents)
      throws IOException {
    boolean device = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
    return new TarEntry(
        path,
        type,
        target,
        status.permissions(),
        ids.uid(status.uid()),
        ids.gid(status.gid()),
        size,
        extents,
        status.modified(),
        Optional.empty(),
        device ? status.represents().major() : 0,
        device ? status.represents().minor() : 0,
        attributes(node));
  }

  /** All but what belongs to this machine: overlayfs' marks and security modules' labels. */
  private static Map<String, byte[]> attributes(FileTreeNode node) throws IOException {
    Map<String, byte[]> kept = new HashMap<>();
    node.attributes()
        .forEach(
            (name, value) -> {
              boolean local =
                  name.startsWith(OVERLAY)
                      || (name.startsWith("security.") && !name.equals("security.capability"));
              if (!local) {
                kept.put(name, value);
              }
            });
    return kept;
  }

  private void file(
      FileTree folder, String name, String path, FileTreeNode node, FileTreeStatus status)
      throws IOException {
    try (FileTreeFile file = folder.read(name)) {
      long size = file.status().sizeBytes();
      List<TarEntry.Extent> extents = new ArrayList<>();
      if (size > 0) {
        extents.add(new TarEntry.Extent(0, size));
      }
      if (size - status.allocatedBytes() >= LEAST_HOLE_BYTES) {
        List<TarEntry.Extent> data = ExtentsInput.dataOf(file, size);
        long stored = data.stream().mapToLong(TarEntry.Extent::lengthBytes).sum();
        extents = size - stored >= LEAST_HOLE_BYTES ? data : extents;
      }
      tar.write(
          describe(path, TarEntry.Type.FILE, "", node, status, size, extents),
          new ExtentsInput(file, extents));
    }
  }
}
