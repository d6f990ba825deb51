package dev.abode.linux;

import dev.abode.linux.FileTreeCalls.Call;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A folder as a world of its own: every path given to it is looked up as if the folder were the
 * root of the file system ({@code openat2(2)} with {@code RESOLVE_IN_ROOT}). {@code ..} does not
 * lead out, an absolute symbolic link starts at the folder, {@code /proc}'s magic links are
 * refused, and that stays so while somebody else renames and relinks inside.
 *
 * <p>Links in the middle of a path are followed, within the tree. The last name of a path is never
 * followed unless a method says so. Paths may begin with {@code /} and are separated by it; names
 * that are not UTF-8 are spelled as {@link FileTreeNames} does.
 *
 * <p>Failures are {@link KernelException}s with the kernel's {@code errno}. Safe for many threads;
 * after {@link #close} every call fails with EBADF or, worse, acts on a descriptor that was opened
 * since, so the owner closes it last.
 */
public final class FileTree implements AutoCloseable {
  private static final int IN_ROOT =
      FileTreeCalls.RESOLVE_IN_ROOT | FileTreeCalls.RESOLVE_NO_MAGICLINKS;
  static final int ONE_NAME =
      FileTreeCalls.RESOLVE_BENEATH
          | FileTreeCalls.RESOLVE_NO_SYMLINKS
          | FileTreeCalls.RESOLVE_NO_XDEV;

  /** linux/fs.h */
  private static final int RENAME_EXCHANGE = 2;

  private final int descriptor;
  private final String shown;

  private FileTree(int descriptor, String shown) {
    this.descriptor = descriptor;
    this.shown = shown;
  }

  /** Opens a folder of the host; links in {@code folder} itself are followed as usual. */
  public static FileTree open(Path folder) throws KernelException {
    int descriptor =
        FileTreeCalls.open(
            FileTreeCalls.AT_FDCWD,
            folder.toString(),
            FileTreeCalls.O_PATH | FileTreeCalls.O_DIRECTORY,
            0,
            0);
    return new FileTree(descriptor, folder.toString());
  }

  /**
   * A folder of this tree as a tree of its own: from then on <em>it</em> is what no path leads out
   * of. A link at the end of {@code path} is followed, within this tree.
   */
  public FileTree subtree(String path) throws KernelException {
    int opened =
        FileTreeCalls.open(
            descriptor, path, FileTreeCalls.O_PATH | FileTreeCalls.O_DIRECTORY, 0, IN_ROOT);
    return new FileTree(opened, shown + "/" + path);
  }

  /** The file named {@code path}; if that is a link, the link. */
  public FileTreeNode node(String path) throws KernelException {
    int flags = FileTreeCalls.O_PATH | FileTreeCalls.O_NOFOLLOW;
    return new FileTreeNode(FileTreeCalls.open(descriptor, path, flags, 0, IN_ROOT), path);
  }

  /** The file {@code path} leads to, a link at its end followed within the tree. */
  public FileTreeNode resolvedNode(String path) throws KernelException {
    int flags = FileTreeCalls.O_PATH;
    return new FileTreeNode(FileTreeCalls.open(descriptor, path, flags, 0, IN_ROOT), path);
  }

  /** What is at {@code path}, a link at its end not followed; empty when there is nothing. */
  public Optional<FileTreeStatus> status(String path) throws KernelException {
    try (Parent parent = parent(path)) {
      return Optional.of(FileTreeCalls.status(parent.descriptor, parent.name));
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * As {@link #status}, for a path without any link in its middle: behind one there is nothing. A
   * reader of stacked layers needs this, because a link is resolved in the stack, not in a layer.
   */
  public Optional<FileTreeStatus> statusWithoutLinks(String path) throws KernelException {
    int flags = FileTreeCalls.O_PATH | FileTreeCalls.O_NOFOLLOW;
    int resolve = IN_ROOT | FileTreeCalls.RESOLVE_NO_SYMLINKS;
    try (Arena arena = Arena.ofConfined()) {
      long opened = FileTreeCalls.openat2(arena, descriptor, path, flags, 0, resolve);
      if (opened == -Errno.ENOENT || opened == -Errno.ENOTDIR || opened == -Errno.ELOOP) {
        return Optional.empty();
      }
      if (opened < 0) {
        throw new KernelException("open", FileTreeCalls.shown(path), (int) -opened);
      }
      try {
        return Optional.of(FileTreeCalls.status((int) opened, ""));
      } finally {
        FileTreeCalls.close((int) opened);
      }
    }
  }

  /**
   * Opens a regular file for reading. A link at the end is not followed (ELOOP); anything that is
   * not a regular file is refused without side effects, so a fifo does not block and a device does
   * not act.
   */
  public FileTreeFile read(String path) throws IOException {
    // O_NONBLOCK: a fifo that took the file's place since somebody looked must not hang us.
    int flags = FileTreeCalls.O_NOFOLLOW | FileTreeCalls.O_NONBLOCK;
    return regular(FileTreeCalls.open(descriptor, path, flags, 0, IN_ROOT), path);
  }

  /** As {@link #read}, with a link at the end followed within the tree. */
  public FileTreeFile readResolved(String path) throws IOException {
    int flags = FileTreeCalls.O_NONBLOCK;
    return regular(FileTreeCalls.open(descriptor, path, flags, 0, IN_ROOT), path);
  }

  private static FileTreeFile regular(int opened, String path) throws IOException {
    FileTreeFile file = new FileTreeFile(opened, path);
    try {
      FileTreeStatus.Kind kind = file.status().kind();
      if (kind == FileTreeStatus.Kind.REGULAR) {
        return file;
      }
      throw new KernelException(
          "read",
          FileTreeCalls.shown(path),
          kind == FileTreeStatus.Kind.DIRECTORY ? Errno.EISDIR : Errno.EINVAL);
    } catch (KernelException e) {
      file.close();
      throw e;
    }
  }

  /** Makes a regular file that is not there yet (EEXIST, for a link too), open for writing. */
  public FileTreeFile create(String path, int permissions) throws KernelException {
    int flags =
        FileTreeCalls.O_RDWR
            | FileTreeCalls.O_CREAT
            | FileTreeCalls.O_EXCL
            | FileTreeCalls.O_NOFOLLOW;
    try (Parent parent = parent(path)) {
      return new FileTreeFile(
          FileTreeCalls.open(parent.descriptor, parent.name, flags, permissions, ONE_NAME), path);
    }
  }

  /** {@code mkdirat(2)}: one folder, with {@code permissions} less the process' umask. */
  public void makeDirectory(String path, int permissions) throws KernelException {
    try (Parent parent = parent(path);
        Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(
          arena,
          Call.MKDIRAT,
          FileTreeCalls.shown(path),
          parent.descriptor,
          FileTreeCalls.path(arena, parent.name),
          permissions,
          0,
          0);
    }
  }

  /** {@code symlinkat(2)}: a symbolic link whose target is kept as written. */
  public void makeSymbolicLink(String path, String target) throws KernelException {
    try (Parent parent = parent(path);
        Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(
          arena,
          Call.SYMLINKAT,
          FileTreeCalls.shown(path),
          FileTreeCalls.path(arena, target),
          parent.descriptor,
          FileTreeCalls.path(arena, parent.name),
          0,
          0);
    }
  }

  /** {@code linkat(2)}: another name for a file of this tree; a link itself, not its target. */
  public void makeHardLink(String path, String existing) throws KernelException {
    try (Parent from = parent(existing);
        Parent to = parent(path);
        Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(
          arena,
          Call.LINKAT,
          FileTreeCalls.shown(path) + " to " + FileTreeCalls.shown(existing),
          from.descriptor,
          FileTreeCalls.path(arena, from.name),
          to.descriptor,
          FileTreeCalls.path(arena, to.name),
          0);
    }
  }

  /** {@code mknodat(2)}: a device, a fifo or a socket. */
  public void makeNode(
      String path, FileTreeStatus.Kind kind, int permissions, FileTreeStatus.Device represents)
      throws KernelException {
    try (Parent parent = parent(path);
        Arena arena = Arena.ofConfined()) {
      long major = represents.major();
      long minor = represents.minor();
      // The 64-bit form of gnu_dev_makedev, of which the kernel takes the low 32 bits.
      long device = ((major & 0xfff) << 8) | (minor & 0xff) | ((minor & ~0xffL) << 12);
      FileTreeCalls.call(
          arena,
          Call.MKNODAT,
          FileTreeCalls.shown(path),
          parent.descriptor,
          FileTreeCalls.path(arena, parent.name),
          kind.bits | permissions,
          device,
          0);
    }
  }

  /**
   * {@code renameat2(2)} within the tree; replaces what is at {@code to} as {@code rename} does.
   */
  public void rename(String from, String to) throws KernelException {
    try (Parent source = parent(from);
        Parent target = parent(to)) {
      FileTreeCalls.rename(source.descriptor, source.name, target.descriptor, target.name, 0);
    }
  }

  /** {@code renameat2(2)} with {@code RENAME_EXCHANGE}: each gets the other's name, at once. */
  public void exchange(String one, String other) throws KernelException {
    try (Parent source = parent(one);
        Parent target = parent(other)) {
      FileTreeCalls.rename(
          source.descriptor, source.name, target.descriptor, target.name, RENAME_EXCHANGE);
    }
  }

  /** The names in a folder, without {@code .} and {@code ..}, in order; a link is followed. */
  public List<String> list(String path) throws KernelException {
    int folder = FileTreeCalls.open(descriptor, path, FileTreeCalls.O_DIRECTORY, 0, IN_ROOT);
    try {
      List<String> names = new ArrayList<>();
      for (FileTreeEntry entry : FileTreeEntry.all(folder, path)) {
        names.add(entry.name());
      }
      names.sort(null);
      return names;
    } finally {
      FileTreeCalls.close(folder);
    }
  }

  /** Removes one file, link or empty folder. */
  public void remove(String path) throws KernelException {
    try (Parent parent = parent(path)) {
      FileTreeStatus status = FileTreeCalls.status(parent.descriptor, parent.name);
      FileTreeCalls.unlink(parent.descriptor, parent.name, status.isDirectory());
    }
  }

  /**
   * Removes what is at {@code path} with all below it; nothing there is no error. Follows no link
   * and crosses no mount point: a folder something is mounted on is an error (EXDEV, or EBUSY for a
   * file), and what is mounted there is left untouched.
   */
  public void deleteRecursively(String path) throws KernelException {
    Optional<FileTreeStatus> status = status(path);
    if (status.isEmpty()) {
      return;
    }
    try (Parent parent = parent(path)) {
      if (status.get().isDirectory()) {
        int folder = FileTreeDeletion.open(parent.descriptor, parent.name);
        try {
          FileTreeDeletion.empty(folder);
        } finally {
          FileTreeCalls.close(folder);
        }
      }
      FileTreeCalls.unlink(parent.descriptor, parent.name, status.get().isDirectory());
    }
  }

  /** As {@link #deleteRecursively}, for all that is in this folder, but not the folder itself. */
  public void deleteContents() throws KernelException {
    int folder = FileTreeDeletion.open(descriptor, ".");
    try {
      FileTreeDeletion.empty(folder);
    } finally {
      FileTreeCalls.close(folder);
    }
  }

  /** Removes {@code folder} of the host with all below it, as {@link #deleteRecursively}. */
  public static void delete(Path folder) throws KernelException {
    Path absolute = folder.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    Path name = absolute.getFileName();
    if (parent == null || name == null) {
      throw new KernelException("delete", FileTreeCalls.shown(folder.toString()), Errno.EBUSY);
    }
    try (FileTree tree = open(parent)) {
      tree.deleteRecursively(name.toString());
    } catch (KernelException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** {@code syncfs(2)}: everything written to the file system of this folder so far is on disk. */
  public void syncFileSystem() throws KernelException {
    int folder = FileTreeCalls.open(descriptor, ".", FileTreeCalls.O_DIRECTORY, 0, IN_ROOT);
    try (Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(arena, Call.SYNCFS, FileTreeCalls.shown(shown), folder, 0, 0, 0, 0);
    } finally {
      FileTreeCalls.close(folder);
    }
  }

  /** {@code fsync(2)} of the folder itself: its names are on disk. */
  public void sync() throws KernelException {
    int folder = FileTreeCalls.open(descriptor, ".", FileTreeCalls.O_DIRECTORY, 0, IN_ROOT);
    try (Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(arena, Call.FSYNC, FileTreeCalls.shown(shown), folder, 0, 0, 0, 0);
    } finally {
      FileTreeCalls.close(folder);
    }
  }

  /** The folder a path's last name is in, and that name; the tree itself has the name "". */
  private record Parent(int descriptor, String name, boolean owned) implements AutoCloseable {
    @Override
    public void close() {
      if (owned) {
        FileTreeCalls.close(descriptor);
      }
    }
  }

  private Parent parent(String path) throws KernelException {
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    int slash = path.lastIndexOf('/', end - 1);
    String name = path.substring(slash + 1, end);
    String folder = path.substring(0, Math.max(0, slash));
    if (name.equals("..") || name.equals(".")) {
      // The name of a folder that only looking it up can tell: act on that folder itself.
      int flags = FileTreeCalls.O_PATH | FileTreeCalls.O_DIRECTORY;
      return new Parent(FileTreeCalls.open(descriptor, path, flags, 0, IN_ROOT), "", true);
    }
    if (folder.isEmpty()) {
      return new Parent(descriptor, name, false);
    }
    int flags = FileTreeCalls.O_PATH | FileTreeCalls.O_DIRECTORY;
    return new Parent(FileTreeCalls.open(descriptor, folder, flags, 0, IN_ROOT), name, true);
  }

  /** Where the tree is, for messages. */
  @Override
  public String toString() {
    return shown;
  }

  @Override
  public void close() {
    FileTreeCalls.close(descriptor);
  }

  static {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new ExceptionInInitializerError("the layouts here are those of little-endian machines");
    }
  }
}
