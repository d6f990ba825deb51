package dev.abode.image;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarReader;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeFile;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts the entries of one tar into a tree. Every name is looked up by the kernel with the tree as
 * its root, so neither {@code ..} nor an absolute name nor a link, wherever it stands and whenever
 * it came, reaches anything outside.
 *
 * <p>A layer's whiteouts (OCI image-spec "Whiteouts") become overlayfs': {@code .wh.NAME} a
 * character device 0:0, {@code .wh..wh..opq} the attribute {@code trusted.overlay.opaque}. They
 * hide what lies below, never what the same layer brings.
 */
final class TreeWriter implements AutoCloseable {
  static final String WHITEOUT = ".wh.";
  static final String OPAQUE_WHITEOUT = ".wh..wh..opq";
  static final String AUFS_METADATA = ".wh..wh.";
  static final String OPAQUE = "trusted.overlay.opaque";
  static final FileTreeStatus.Device NO_DEVICE = new FileTreeStatus.Device(0, 0);
  private static final byte[] YES = {'y'};
  private static final int IMPLICIT_FOLDER = 0755;
  private static final int COPY_BYTES = 128 * 1024;

  /** What a writer does with what it meets. */
  enum Whiteouts {
    /** The tar is a layer. */
    TRANSLATE,
    /** The tar is just files; a name that begins with {@code .wh.} is a name. */
    KEEP
  }

  private final FileTree tree;
  private final Whiteouts whiteouts;
  private final IdTranslation ids;
  private final UnpackLimits limits;
  private final byte[] buffer = new byte[COPY_BYTES];

  /** Times of folders are set last, because what is put into a folder changes them. */
  private final Map<String, Instant> folderTimes = new HashMap<>();

  private final List<EntryPath> implicit = new ArrayList<>();
  private long contentBytes;

  /** The folder of the last entry, kept open: entries come folder by folder. */
  private Optional<OpenFolder> current = Optional.empty();

  private record OpenFolder(EntryPath path, FileTree tree) {}

  TreeWriter(FileTree tree, Whiteouts whiteouts, IdTranslation ids, UnpackLimits limits) {
    this.tree = tree;
    this.whiteouts = whiteouts;
    this.ids = ids;
    this.limits = limits;
  }

  /**
   * Puts one entry into the tree, replacing what is there under its name: a folder keeps its
   * content if the entry is a folder too.
   */
  void put(TarEntry entry, TarReader reader) throws IOException {
    EntryPath path = EntryPath.of(entry.name());
    if (path.depth() > limits.depth()) {
      throw new ImageException(
          ImageException.Kind.EXHAUSTED,
          "an entry lies "
              + path.depth()
              + " folders deep; at most "
              + limits.depth()
              + " are unpacked");
    }
    try {
      if (path.isRoot()) {
        if (entry.type() == TarEntry.Type.DIRECTORY) {
          try (FileTreeNode root = tree.node("")) {
            describe(root, entry);
          }
          folderTimes.put("", entry.modified());
        }
        return;
      }
      if (whiteouts == Whiteouts.TRANSLATE && path.last().startsWith(WHITEOUT)) {
        whiteout(path);
        return;
      }
      place(path, entry, reader);
    } catch (KernelException e) {
      throw explained(entry, e);
    }
  }

  private void place(EntryPath path, TarEntry entry, TarReader reader) throws IOException {
    FileTree folder = folder(path.parent());
    String name = path.last();
    if (entry.type() == TarEntry.Type.HARD_LINK && EntryPath.of(entry.linkTarget()).equals(path)) {
      return;
    }
    boolean opaque = false;
    Optional<FileTreeStatus> present = attempt(folder, name, entry, reader);
    if (present.isPresent()) {
      if (present.get().isDirectory() && entry.type() == TarEntry.Type.DIRECTORY) {
        describe(folder, name, path, entry, false);
        return;
      }
      opaque = whiteouts == Whiteouts.TRANSLATE && present.get().isWhiteout();
      remove(folder, name, present.get());
      folder = folder(path.parent());
      if (attempt(folder, name, entry, reader).isPresent()) {
        throw new KernelException("create", entry.name(), Errno.EEXIST);
      }
    }
    describe(folder, name, path, entry, opaque);
  }

  /** Makes the file if nothing has its name, else tells what has. */
  private Optional<FileTreeStatus> attempt(
      FileTree folder, String name, TarEntry entry, TarReader reader) throws IOException {
    try {
      make(folder, name, entry, reader);
      return Optional.empty();
    } catch (KernelException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
      return Optional.of(folder.status(name).orElseThrow(() -> e));
    }
  }

  private void remove(FileTree folder, String name, FileTreeStatus present) throws IOException {
    if (present.isDirectory()) {
      folder.deleteRecursively(name);
    } else {
      folder.remove(name);
    }
    // The open folder may be what was removed, or may have been reached through it.
    forgetCurrent();
  }

  private void make(FileTree folder, String name, TarEntry entry, TarReader reader)
      throws IOException {
    switch (entry.type()) {
      case FILE -> {
        try (FileTreeFile file = folder.create(name, 0600)) {
          copy(entry, reader, file);
        }
      }
      case DIRECTORY -> folder.makeDirectory(name, 0700);
      case SYMBOLIC_LINK -> folder.makeSymbolicLink(name, entry.linkTarget());
      case HARD_LINK -> hardLink(entry);
      case CHARACTER_DEVICE -> node(folder, name, FileTreeStatus.Kind.CHARACTER_DEVICE, entry);
      case BLOCK_DEVICE -> node(folder, name, FileTreeStatus.Kind.BLOCK_DEVICE, entry);
      case FIFO -> node(folder, name, FileTreeStatus.Kind.FIFO, entry);
    }
  }

  private static void node(FileTree folder, String name, FileTreeStatus.Kind kind, TarEntry entry)
      throws IOException {
    folder.makeNode(
        name, kind, 0600, new FileTreeStatus.Device(entry.deviceMajor(), entry.deviceMinor()));
  }

  /** The target is looked up from the tree's root, whatever folder the link is in. */
  private void hardLink(TarEntry entry) throws IOException {
    EntryPath path = EntryPath.of(entry.name());
    String target = EntryPath.of(entry.linkTarget()).toString();
    Optional<FileTreeStatus> status = tree.status(target);
    if (status.isEmpty() || target.isEmpty() || status.get().isDirectory()) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the archive links "
              + shown(path.toString())
              + " to "
              + shown(entry.linkTarget())
              + ", which "
              + (status.isEmpty() ? "it does not hold" : "is a folder"));
    }
    tree.makeHardLink(path.toString(), target);
  }

  private void copy(TarEntry entry, TarReader reader, FileTreeFile file) throws IOException {
    InputStream content = reader.content();
    long end = 0;
    for (TarEntry.Extent extent : entry.extents()) {
      long at = extent.offsetBytes();
      long left = extent.lengthBytes();
      while (left > 0) {
        int count = content.readNBytes(buffer, 0, (int) Math.min(left, buffer.length));
        if (count <= 0) {
          throw new ImageException(
              ImageException.Kind.INVALID_ARGUMENT,
              "the archive ends in the middle of " + shown(entry.name()));
        }
        file.write(buffer, 0, count, at);
        contentBytes += count;
        at += count;
        left -= count;
      }
      // GNU tar marks the end of a trailing hole by an extent without bytes.
      end = extent.lengthBytes() > 0 ? at : end;
    }
    if (end < entry.sizeBytes()) {
      file.resize(entry.sizeBytes());
    }
  }

  private void describe(
      FileTree folder, String name, EntryPath path, TarEntry entry, boolean opaque)
      throws IOException {
    if (entry.type() == TarEntry.Type.HARD_LINK) {
      return;
    }
    try (FileTreeNode node = folder.node(name)) {
      describe(node, entry);
      if (opaque && entry.type() == TarEntry.Type.DIRECTORY) {
        node.setAttribute(OPAQUE, YES);
      }
    }
    if (entry.type() == TarEntry.Type.DIRECTORY) {
      folderTimes.put(path.toString(), entry.modified());
    }
  }

  private void describe(FileTreeNode node, TarEntry entry) throws IOException {
    node.chown(ids.uid(entry.uid()), ids.gid(entry.gid()));
    if (entry.type() != TarEntry.Type.SYMBOLIC_LINK) {
      // After chown(2), which clears the set-ID bits.
      node.chmod(entry.permissions());
    }
    for (Map.Entry<String, byte[]> attribute : entry.attributes().entrySet()) {
      set(node, attribute.getKey(), attribute.getValue());
    }
    if (entry.type() != TarEntry.Type.DIRECTORY) {
      node.times(entry.accessed().orElse(entry.modified()), entry.modified());
    }
  }

  private static void set(FileTreeNode node, String name, byte[] value) throws IOException {
    // overlayfs obeys these; an image that could set them could redirect a folder to one of the
    // host's, or to another image's.
    if (name.startsWith("trusted.overlay.") || name.startsWith("user.overlay.")) {
      return;
    }
    try {
      node.setAttribute(name, value);
    } catch (KernelException e) {
      // A label of a security module that is not here, or user.* on a file that cannot have it: the
      // file is of use without.
      boolean tolerable =
          e.errno() == Errno.EOPNOTSUPP || (e.errno() == Errno.EPERM && name.startsWith("user."));
      if (!tolerable) {
        throw e;
      }
    }
  }

  private void whiteout(EntryPath path) throws IOException {
    String name = path.last();
    if (name.equals(OPAQUE_WHITEOUT)) {
      folder(path.parent());
      try (FileTreeNode folder = tree.resolvedNode(path.parent().toString())) {
        folder.setAttribute(OPAQUE, YES);
      }
      return;
    }
    if (name.startsWith(AUFS_METADATA)) {
      return;
    }
    String hidden = name.substring(WHITEOUT.length());
    if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the layer holds a whiteout of " + shown(hidden) + ", which names no file");
    }
    FileTree folder = folder(path.parent());
    Optional<FileTreeStatus> present = folder.status(hidden);
    if (present.isEmpty()) {
      folder.makeNode(hidden, FileTreeStatus.Kind.CHARACTER_DEVICE, 0, NO_DEVICE);
    } else if (present.get().isDirectory()) {
      try (FileTreeNode node = folder.node(hidden)) {
        node.setAttribute(OPAQUE, YES);
      }
    }
  }

  /** The open folder of that path, made if an archive forgot to mention it. */
  private FileTree folder(EntryPath path) throws IOException {
    if (path.isRoot()) {
      return tree;
    }
    if (current.isPresent() && current.get().path().equals(path)) {
      return current.get().tree();
    }
    forgetCurrent();
    FileTree opened = openOrMake(path);
    current = Optional.of(new OpenFolder(path, opened));
    return opened;
  }

  private FileTree openOrMake(EntryPath path) throws IOException {
    try {
      return tree.subtree(path.toString());
    } catch (KernelException e) {
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
        throw e;
      }
    }
    EntryPath at = new EntryPath(List.of());
    for (String name : path.names()) {
      at = at.child(name);
      Optional<FileTreeStatus> present = tree.status(at.toString());
      if (present.isEmpty()) {
        makeImplicit(at, false);
      } else if (whiteouts == Whiteouts.TRANSLATE && present.get().isWhiteout()) {
        tree.remove(at.toString());
        makeImplicit(at, true);
      }
    }
    return tree.subtree(path.toString());
  }

  private void makeImplicit(EntryPath path, boolean opaque) throws IOException {
    tree.makeDirectory(path.toString(), IMPLICIT_FOLDER);
    try (FileTreeNode node = tree.node(path.toString())) {
      node.chown(ids.uid(0), ids.gid(0));
      node.chmod(IMPLICIT_FOLDER);
      if (opaque) {
        node.setAttribute(OPAQUE, YES);
      }
    }
    implicit.add(path);
  }

  private void forgetCurrent() {
    current.ifPresent(open -> open.tree().close());
    current = Optional.empty();
  }

  /** Bytes of all files' contents, holes not counted. */
  long contentBytes() {
    return contentBytes;
  }

  /** Folders that no entry described; in a layer they shall look as in the layers below. */
  List<EntryPath> implicitFolders() {
    return implicit.stream().filter(p -> !folderTimes.containsKey(p.toString())).toList();
  }

  /** Sets what can only be set in the end. */
  void finish() throws IOException {
    forgetCurrent();
    for (Map.Entry<String, Instant> folder : folderTimes.entrySet()) {
      try (FileTreeNode node = tree.node(folder.getKey())) {
        if (node.status().isDirectory()) {
          node.times(folder.getValue(), folder.getValue());
        }
      } catch (KernelException e) {
        // A later entry took the folder's place.
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
          throw e;
        }
      }
    }
  }

  private static IOException explained(TarEntry entry, KernelException e) {
    if (e.errno() == Errno.ENOSPC) {
      throw new ImageException(
          ImageException.Kind.EXHAUSTED,
          "no space is left on the disk for "
              + shown(entry.name())
              + "; free some, for example with prune",
          e);
    }
    boolean hostile =
        switch (e.errno()) {
          case Errno.ENOTDIR,
              Errno.ELOOP,
              Errno.ENAMETOOLONG,
              Errno.ENOENT,
              Errno.EINVAL,
              Errno.EEXIST,
              Errno.E2BIG,
              Errno.ERANGE ->
              true;
          default -> false;
        };
    if (hostile) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the archive's entry "
              + shown(entry.name())
              + " cannot be put into the tree: "
              + e.getMessage(),
          e);
    }
    return e;
  }

  static String shown(String name) {
    StringBuilder shown = new StringBuilder("\"");
    name.codePoints()
        .limit(200)
        .forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return shown.append('"').toString();
  }

  @Override
  public void close() {
    forgetCurrent();
  }
}
