package dev.abode.image;

import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeFile;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Copies a folder of stacked layers to an empty folder: owners, modes, times, extended attributes,
 * holes and hard links as they are in the image. Links are copied, never followed, and every name
 * of the copy is made by the kernel below the target, so nothing in an image leads out of it.
 * Sockets are left out.
 */
final class MergedCopy {
  private static final int DEEPEST = 512;
  private static final int COPY_BYTES = 128 * 1024;

  private final LayerView view;
  private final FileTree target;
  private final byte[] buffer = new byte[COPY_BYTES];

  /** The first name in the copy of each inode that has several. */
  private final Map<Inode, String> linked = new HashMap<>();

  private record Inode(FileTreeStatus.Device device, long number) {}

  MergedCopy(LayerView view, FileTree target) {
    this.view = view;
    this.target = target;
  }

  /** Copies what is in {@code folder}, and gives the target its owner, mode and times. */
  void folder(LayerView.Found folder) throws IOException {
    contents(folder, "", 0);
    try (FileTreeNode from = folder.node();
        FileTreeNode to = target.node("")) {
      describe(from, folder.status(), to);
    }
  }

  private void contents(LayerView.Found folder, String path, int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new ImageException(
          ImageException.Kind.EXHAUSTED,
          "the folders at " + TreeWriter.shown(path) + " are nested deeper than " + DEEPEST);
    }
    for (String name : view.names(folder)) {
      LayerView.Found found = view.look(folder.path().child(name)).orElse(null);
      if (found != null) {
        entry(found, path.isEmpty() ? name : path + "/" + name, depth);
      }
    }
  }

  private void entry(LayerView.Found found, String path, int depth) throws IOException {
    FileTreeStatus status = found.status();
    if (status.kind() != FileTreeStatus.Kind.DIRECTORY && status.links() > 1) {
      String first = linked.putIfAbsent(new Inode(status.device(), status.inode()), path);
      if (first != null) {
        target.makeHardLink(path, first);
        return;
      }
    }
    try (FileTreeNode from = found.node()) {
      switch (status.kind()) {
        case REGULAR -> file(found, path);
        case DIRECTORY -> {
          target.makeDirectory(path, 0700);
          contents(found, path, depth + 1);
        }
        case SYMBOLIC_LINK -> target.makeSymbolicLink(path, from.readLink());
        case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO ->
            target.makeNode(path, status.kind(), 0600, status.represents());
        case SOCKET -> {
          return;
        }
      }
      try (FileTreeNode to = target.node(path)) {
        describe(from, status, to);
      }
    }
  }

  private void file(LayerView.Found found, String path) throws IOException {
    try (FileTreeFile from = found.tree().read(found.path().toString());
        FileTreeFile to = target.create(path, 0600)) {
      long sizeBytes = from.status().sizeBytes();
      for (FileTreeFile.Extent extent : from.extents()) {
        long end = Math.min(sizeBytes, extent.offsetBytes() + extent.lengthBytes());
        for (long at = extent.offsetBytes(); at < end; ) {
          int count = from.read(buffer, 0, (int) Math.min(end - at, buffer.length), at);
          if (count < 0) {
            break;
          }
          to.write(buffer, 0, count, at);
          at += count;
        }
      }
      to.resize(sizeBytes);
    }
  }

  private static void describe(FileTreeNode from, FileTreeStatus status, FileTreeNode to)
      throws IOException {
    to.chown(status.uid(), status.gid());
    if (status.kind() != FileTreeStatus.Kind.SYMBOLIC_LINK) {
      // After chown(2), which clears the set-ID bits.
      to.chmod(status.permissions());
    }
    for (Map.Entry<String, byte[]> attribute : from.attributes().entrySet()) {
      attribute(to, attribute.getKey(), attribute.getValue());
    }
    to.times(status.accessed(), status.modified());
  }

  private static void attribute(FileTreeNode to, String name, byte[] value) throws IOException {
    boolean ofThisMachine =
        name.startsWith("trusted.overlay.")
            || (name.startsWith("security.") && !name.equals("security.capability"));
    if (ofThisMachine) {
      return;
    }
    try {
      to.setAttribute(name, value);
    } catch (KernelException e) {
      // The target's file system may know fewer kinds of attributes than the layers'.
      if (e.errno() != Errno.EOPNOTSUPP && e.errno() != Errno.EPERM) {
        throw e;
      }
    }
  }
}
