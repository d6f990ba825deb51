package dev.abode.engine.filesystem;

import dev.abode.image.MergedTree;
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
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Writes a container's files as one tar while the container may be changing them: what vanishes
 * meanwhile is left out, a file that shrinks is filled up with zeros, one that grows is cut.
 */
final class TreeExport {
  private static final int MOUNT_POINT_MODE = 0755;

  private final OpenRoot root;
  private final FileTree tree;
  private final TarWriter tar;

  /** What lies under a mount; absent when mounts of users are to be written themselves. */
  private final Optional<MergedTree> layers;

  /** The first name of each file that has several. */
  private final Map<Inode, String> linked = new HashMap<>();

  private record Inode(FileTreeStatus.Device device, long number) {}

  /**
   * One file still to write.
   *
   * @param name in the archive
   */
  private record Item(String path, String name) {}

  private TreeExport(OpenRoot root, TarWriter tar, Optional<MergedTree> layers) {
    this.root = root;
    this.tree = root.tree();
    this.tar = tar;
    this.layers = layers;
  }

  /** Writes what is at {@code path}, users' mounts included. */
  static void copy(OpenRoot root, InstancePath path, OutputStream out) throws IOException {
    TarWriter tar = new TarWriter(out);
    String start =
        path.linkItself() ? path.absolute() : InstancePath.resolved(root.tree(), path.absolute());
    new TreeExport(root, tar, Optional.empty()).all(new Item(start, path.nameInArchive()));
    tar.finish();
  }

  /** Writes the root mount, and for what is mounted into it what the layers have there. */
  static void exportAll(OpenRoot root, List<Path> layers, OutputStream out) throws IOException {
    TarWriter tar = new TarWriter(out);
    TreeExport export = new TreeExport(root, tar, Optional.of(new MergedTree(layers)));
    for (String name : export.namesIn("/")) {
      export.all(new Item("/" + name, name));
    }
    tar.finish();
  }

  private void all(Item first) throws IOException {
    Deque<Item> left = new ArrayDeque<>();
    left.push(first);
    while (!left.isEmpty()) {
      Item item = left.pop();
      List<String> names;
      try (FileTreeNode node = tree.node(item.path())) {
        names = one(item, node);
      } catch (KernelException e) {
        if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
          continue;
        }
        throw e;
      }
      for (String name : names.reversed()) {
        left.push(
            new Item(InstancePath.join(item.path(), name), InstancePath.join(item.name(), name)));
      }
    }
  }

  /** Writes one file; returns the names in it when it is a folder to descend into. */
  private List<String> one(Item item, FileTreeNode node) throws IOException {
    FileTreeStatus status = node.status();
    if (layers.isEmpty() && !root.mounts().holdsUserFiles(status)) {
      if (status.isDirectory()) {
        mountPoint(item, status);
      }
      return List.of();
    }
    if (layers.isPresent() && !root.mounts().isRootMount(status)) {
      beneath(layers.get(), item, status);
      return List.of();
    }
    if (status.kind() == FileTreeStatus.Kind.REGULAR) {
      file(item, node, status);
      return List.of();
    }
    other(item, node, status, root.ids());
    return status.isDirectory() ? namesIn(item.path()) : List.of();
  }

  private void file(Item item, FileTreeNode node, FileTreeStatus status) throws IOException {
    Inode inode = new Inode(status.device(), status.inode());
    if (status.links() > 1 && linked.containsKey(inode)) {
      tar.write(
          entry(item, TarEntry.Type.HARD_LINK, status, linked.get(inode), Map.of(), root.ids()),
          InputStream.nullInputStream());
      return;
    }
    try (FileTreeFile content = tree.read(item.path())) {
      FileTreeStatus opened = content.status();
      // Another file took the name between the two looks: it is as good, if it is a user's.
      boolean same = opened.inode() == inode.number() && opened.device().equals(inode.device());
      if (!same && !root.mounts().holdsUserFiles(opened)) {
        return;
      }
      content(item, content, opened, same ? attributes(node, root.ids()) : Map.of(), root.ids());
      if (same && status.links() > 1) {
        linked.put(inode, item.name());
      }
    } catch (KernelException e) {
      // No longer a regular file.
      if (e.errno() != Errno.ELOOP && e.errno() != Errno.EINVAL && e.errno() != Errno.EISDIR) {
        throw e;
      }
    }
  }

  private void content(
      Item item,
      FileTreeFile content,
      FileTreeStatus status,
      Map<String, byte[]> attributes,
      IdMapping ids)
      throws IOException {
    List<TarEntry.Extent> extents = ExtentsInput.dataOf(content, status.sizeBytes());
    TarEntry plain = entry(item, TarEntry.Type.FILE, status, "", attributes, ids);
    TarEntry entry =
        new TarEntry(
            plain.name(),
            plain.type(),
            "",
            plain.permissions(),
            plain.uid(),
            plain.gid(),
            status.sizeBytes(),
            extents,
            plain.modified(),
            plain.accessed(),
            0,
            0,
            plain.attributes());
    tar.write(entry, new ExtentsInput(content, extents));
  }

  private void other(Item item, FileTreeNode node, FileTreeStatus status, IdMapping ids)
      throws IOException {
    TarEntry.Type type =
        switch (status.kind()) {
          case DIRECTORY -> TarEntry.Type.DIRECTORY;
          case SYMBOLIC_LINK -> TarEntry.Type.SYMBOLIC_LINK;
          case CHARACTER_DEVICE -> TarEntry.Type.CHARACTER_DEVICE;
          case BLOCK_DEVICE -> TarEntry.Type.BLOCK_DEVICE;
          case FIFO -> TarEntry.Type.FIFO;
          case REGULAR ->
              throw new IllegalArgumentException(item.path() + " has content to be written");
          // A tar has no sockets, and one without its process is of no use.
          case SOCKET -> null;
        };
    if (type == null) {
      return;
    }
    String target = status.kind() == FileTreeStatus.Kind.SYMBOLIC_LINK ? node.readLink() : "";
    tar.write(
        entry(item, type, status, target, attributes(node, ids), ids),
        InputStream.nullInputStream());
  }

  /** What the layers have where something is mounted, which the mount hides from us as well. */
  private void beneath(MergedTree merged, Item item, FileTreeStatus mounted) throws IOException {
    Optional<Path> found = merged.find(item.path());
    Path folder = found.map(Path::getParent).orElse(null);
    Path name = found.map(Path::getFileName).orElse(null);
    if (folder == null || name == null) {
      if (mounted.isDirectory()) {
        mountPoint(item, mounted);
      }
      return;
    }
    try (FileTree layer = FileTree.open(folder);
        FileTreeNode node = layer.node(name.toString())) {
      FileTreeStatus status = node.status();
      if (status.kind() == FileTreeStatus.Kind.REGULAR) {
        try (FileTreeFile content = layer.read(name.toString())) {
          Map<String, byte[]> attributes = attributes(node, IdMapping.SAME);
          content(item, content, content.status(), attributes, IdMapping.SAME);
        }
      } else {
        other(item, node, status, IdMapping.SAME);
      }
    }
  }

  private void mountPoint(Item item, FileTreeStatus mounted) throws IOException {
    TarEntry entry =
        new TarEntry(
            item.name(),
            TarEntry.Type.DIRECTORY,
            "",
            MOUNT_POINT_MODE,
            0,
            0,
            0,
            List.of(),
            mounted.modified(),
            Optional.empty(),
            0,
            0,
            Map.of());
    tar.write(entry, InputStream.nullInputStream());
  }

  private static TarEntry entry(
      Item item,
      TarEntry.Type type,
      FileTreeStatus status,
      String linkTarget,
      Map<String, byte[]> attributes,
      IdMapping ids) {
    return new TarEntry(
        item.name(),
        type,
        linkTarget,
        status.permissions(),
        ids.uidInside(status.uid()),
        ids.gidInside(status.gid()),
        0,
        List.of(),
        status.modified(),
        Optional.empty(),
        status.represents().major(),
        status.represents().minor(),
        attributes);
  }

  /** Attributes that mean something elsewhere; overlayfs' own and the host's labels do not. */
  private static Map<String, byte[]> attributes(FileTreeNode node, IdMapping ids)
      throws KernelException {
    Map<String, byte[]> kept = new TreeMap<>();
    for (Map.Entry<String, byte[]> attribute : node.attributes().entrySet()) {
      String name = attribute.getKey();
      if (name.startsWith("user.") || name.equals(FileCapabilities.NAME)) {
        kept.put(name, FileCapabilities.toInside(name, attribute.getValue(), ids));
      }
    }
    return kept;
  }

  private List<String> namesIn(String folder) throws KernelException {
    return tree.list(folder);
  }
}
