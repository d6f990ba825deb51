package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.image.ImageException;
import dev.abode.image.TreeArchive;
import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarException;
import dev.abode.image.tar.TarLimits;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Unpacks one tar into a container that may be working against it. Every name is looked up below
 * the container's root; nothing that exists is ever opened for writing; and owner, mode and times
 * are set on a file that was made here or was found on a user's mount, through the descriptor that
 * told so.
 */
final class TreeImport {
  private static final int COPY_BYTES = 128 * 1024;
  private static final int FOLDER_MODE = 0755;

  private final OpenRoot root;
  private final FileTree tree;
  private final String target;
  private final boolean keepTypes;
  private final Optional<InstanceFiles.Owner> owner;
  private final byte[] buffer = new byte[COPY_BYTES];

  /** Times of folders are set last, because what is put into a folder changes them. */
  private final Map<String, Instant> folderTimes = new LinkedHashMap<>();

  TreeImport(OpenRoot root, String target, boolean keepTypes, Optional<InstanceFiles.Owner> owner) {
    this.root = root;
    this.tree = root.tree();
    this.target = target;
    this.keepTypes = keepTypes;
    this.owner = owner;
  }

  /** Unpacks all of it; returns how many entries it had. */
  int unpack(InputStream tar) throws IOException {
    int entries = 0;
    try {
      TarReader reader = new TarReader(TreeArchive.unpacked(tar), TarLimits.DEFAULT);
      Optional<TarEntry> entry = reader.next();
      while (entry.isPresent()) {
        put(entry.get(), reader);
        entries++;
        entry = reader.next();
      }
    } catch (TarException e) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "cannot unpack into " + target + " in the container: " + e.getMessage(),
          e);
    } catch (ImageException e) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "cannot unpack into " + target + " in the container: " + e.getMessage(),
          e);
    }
    for (Map.Entry<String, Instant> folder : folderTimes.entrySet()) {
      timesOfFolder(folder.getKey(), folder.getValue());
    }
    return entries;
  }

  private void put(TarEntry entry, TarReader reader) throws IOException {
    List<String> names = namesBelow(target, entry.name());
    String path = names.isEmpty() ? target : InstancePath.join(target, String.join("/", names));
    try {
      if (names.isEmpty()) {
        // The folder itself is the user's, who asked to put something into it.
        if (entry.type() != TarEntry.Type.DIRECTORY) {
          throw new EngineException(
              Kind.INVALID_ARGUMENT,
              "cannot overwrite directory \"" + target + "\" with non-directory \".\"");
        }
        return;
      }
      makeParents(names.subList(0, names.size() - 1));
      Optional<FileTreeStatus> present = tree.status(path);
      boolean merged = false;
      if (present.isPresent()) {
        merged = present.get().isDirectory() && entry.type() == TarEntry.Type.DIRECTORY;
        if (!merged) {
          makeRoom(path, present.get(), entry);
        }
      }
      if (!merged) {
        make(path, entry, reader);
      } else {
        describe(path, entry);
      }
    } catch (KernelException e) {
      throw explained(path, e);
    }
  }

  private void makeRoom(String path, FileTreeStatus present, TarEntry entry) throws IOException {
    boolean folderToBe = entry.type() == TarEntry.Type.DIRECTORY;
    if (keepTypes && present.isDirectory() != folderToBe) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          present.isDirectory()
              ? "cannot overwrite directory \"" + path + "\" with non-directory in the container"
              : "cannot overwrite non-directory \"" + path + "\" with directory in the container");
    }
    tree.deleteRecursively(path);
  }

  private void make(String path, TarEntry entry, TarReader reader) throws IOException {
    switch (entry.type()) {
      case FILE -> makeFile(path, entry, reader);
      case DIRECTORY -> {
        tree.makeDirectory(path, 0700);
        describe(path, entry);
      }
      case SYMBOLIC_LINK -> {
        tree.makeSymbolicLink(path, entry.linkTarget());
        describe(path, entry);
      }
      case HARD_LINK -> {
        List<String> names = namesBelow(target, entry.linkTarget());
        tree.makeHardLink(path, InstancePath.join(target, String.join("/", names)));
      }
      case CHARACTER_DEVICE -> makeNode(path, FileTreeStatus.Kind.CHARACTER_DEVICE, entry);
      case BLOCK_DEVICE -> makeNode(path, FileTreeStatus.Kind.BLOCK_DEVICE, entry);
      case FIFO -> makeNode(path, FileTreeStatus.Kind.FIFO, entry);
    }
  }

  private void makeNode(String path, FileTreeStatus.Kind kind, TarEntry entry) throws IOException {
    tree.makeNode(
        path, kind, 0600, new FileTreeStatus.Device(entry.deviceMajor(), entry.deviceMinor()));
    describe(path, entry);
  }

  private void makeFile(String path, TarEntry entry, TarReader reader) throws IOException {
    try (FileTreeFile file = tree.create(path, 0600)) {
      FileTreeStatus made = file.status();
      if (!root.mounts().holdsUserFiles(made)) {
        throw ofKernel(path);
      }
      InputStream content = reader.content();
      long end = 0;
      for (TarEntry.Extent extent : entry.extents()) {
        long at = extent.offsetBytes();
        long left = extent.lengthBytes();
        while (left > 0) {
          int count = content.read(buffer, 0, (int) Math.min(left, buffer.length));
          if (count <= 0) {
            throw new EngineException(
                Kind.INVALID_ARGUMENT, "the archive ends in the middle of \"" + path + "\"");
          }
          file.write(buffer, 0, count, at);
          at += count;
          left -= count;
        }
        // GNU tar marks the end of a trailing hole by an extent without bytes.
        end = extent.lengthBytes() > 0 ? at : end;
      }
      if (end < entry.sizeBytes()) {
        file.resize(entry.sizeBytes());
      }
      try (FileTreeNode node = tree.node(path)) {
        FileTreeStatus found = node.status();
        boolean same = found.inode() == made.inode() && found.device().equals(made.device());
        if (!same) {
          throw moved(path);
        }
        describe(node, found, entry);
      }
    }
  }

  /** Owner, mode and times of what is at {@code path}, if it is what the entry says. */
  private void describe(String path, TarEntry entry) throws IOException {
    try (FileTreeNode node = tree.node(path)) {
      FileTreeStatus status = node.status();
      if (status.kind() != kindOf(entry.type())) {
        throw moved(path);
      }
      describe(node, status, entry);
    }
    if (entry.type() == TarEntry.Type.DIRECTORY) {
      folderTimes.put(path, entry.modified());
    }
  }

  private void describe(FileTreeNode node, FileTreeStatus status, TarEntry entry)
      throws IOException {
    if (!root.mounts().holdsUserFiles(status)) {
      throw ofKernel(entry.name());
    }
    long uid = owner.map(InstanceFiles.Owner::uid).orElse(entry.uid());
    long gid = owner.map(InstanceFiles.Owner::gid).orElse(entry.gid());
    node.chown(outside(root.ids().uidOutside(uid), uid), outside(root.ids().gidOutside(gid), gid));
    if (entry.type() != TarEntry.Type.SYMBOLIC_LINK) {
      // After chown(2), which clears the set-ID bits.
      node.chmod(entry.permissions());
    }
    for (Map.Entry<String, byte[]> attribute : entry.attributes().entrySet()) {
      attribute(node, attribute.getKey(), attribute.getValue());
    }
    if (entry.type() != TarEntry.Type.DIRECTORY) {
      node.times(entry.accessed().orElse(entry.modified()), entry.modified());
    }
  }

  private static long outside(OptionalLong id, long inside) {
    return id.orElseThrow(
        () ->
            new EngineException(
                Kind.INVALID_ARGUMENT,
                "cannot give a file to id "
                    + inside
                    + ": the container has the ids 0 to 65535 only; change the owner in the"
                    + " archive, or run the container with --userns=host"));
  }

  private void attribute(FileTreeNode node, String name, byte[] value) throws IOException {
    // Attributes that overlayfs obeys could make one folder show another's content.
    if (name.startsWith("trusted.")) {
      return;
    }
    try {
      node.setAttribute(name, FileCapabilities.toOutside(name, value, root.ids()));
    } catch (KernelException e) {
      // A label of a security module that is not here, or user.* where it cannot be.
      boolean tolerable =
          e.errno() == Errno.EOPNOTSUPP || (e.errno() == Errno.EPERM && name.startsWith("user."));
      if (!tolerable) {
        throw e;
      }
    }
  }

  private void timesOfFolder(String path, Instant modified) throws IOException {
    try (FileTreeNode node = tree.node(path)) {
      FileTreeStatus status = node.status();
      if (status.isDirectory() && root.mounts().holdsUserFiles(status)) {
        node.times(modified, modified);
      }
    } catch (KernelException e) {
      // A later entry, or the workload, took the folder's place.
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR && e.errno() != Errno.EROFS) {
        throw e;
      }
    }
  }

  /** Folders an archive forgot to mention, as Docker makes them. */
  private void makeParents(List<String> names) throws IOException {
    String path = target;
    List<String> missing = new ArrayList<>();
    for (int i = names.size(); i > 0; i--) {
      path = InstancePath.join(target, String.join("/", names.subList(0, i)));
      if (tree.status(path).isPresent()) {
        break;
      }
      missing.addFirst(path);
    }
    for (String folder : missing) {
      tree.makeDirectory(folder, FOLDER_MODE);
      try (FileTreeNode node = tree.node(folder)) {
        if (node.status().isDirectory() && root.mounts().holdsUserFiles(node.status())) {
          node.chmod(FOLDER_MODE);
        }
      }
    }
  }

  /** The names of a path of the archive; one that leads out of the folder is refused. */
  static List<String> namesBelow(String target, String name) {
    List<String> names = new ArrayList<>();
    for (String part : name.split("/", -1)) {
      switch (part) {
        case "", "." -> {}
        case ".." -> {
          if (names.isEmpty()) {
            throw new EngineException(
                Kind.INVALID_ARGUMENT,
                "the archive's entry \"" + name + "\" is outside of \"" + target + "\"");
          }
          names.removeLast();
        }
        default -> names.add(part);
      }
    }
    return names;
  }

  private static FileTreeStatus.Kind kindOf(TarEntry.Type type) {
    return switch (type) {
      case FILE, HARD_LINK -> FileTreeStatus.Kind.REGULAR;
      case SYMBOLIC_LINK -> FileTreeStatus.Kind.SYMBOLIC_LINK;
      case CHARACTER_DEVICE -> FileTreeStatus.Kind.CHARACTER_DEVICE;
      case BLOCK_DEVICE -> FileTreeStatus.Kind.BLOCK_DEVICE;
      case DIRECTORY -> FileTreeStatus.Kind.DIRECTORY;
      case FIFO -> FileTreeStatus.Kind.FIFO;
    };
  }

  private static EngineException moved(String path) {
    return new EngineException(
        Kind.CONFLICT,
        "cannot finish copying to "
            + path
            + " in the container: the workload moved it meanwhile; stop or pause it first");
  }

  static EngineException ofKernel(String path) {
    return new EngineException(
        Kind.PERMISSION,
        "cannot copy to "
            + path
            + " in the container: it is in a file system of the kernel's, not in a user's");
  }

  static IOException explained(String path, KernelException e) {
    return switch (e.errno()) {
      case Errno.EROFS ->
          throw new EngineException(
              Kind.PERMISSION,
              "cannot copy to " + path + " in the container: it is mounted read-only",
              e);
      case Errno.EBUSY, Errno.EXDEV ->
          throw new EngineException(
              Kind.CONFLICT,
              "cannot replace "
                  + path
                  + " in the container: something is mounted there (device or resource busy)",
              e);
      case Errno.ENOSPC ->
          throw new EngineException(
              Kind.EXHAUSTED,
              "cannot copy to " + path + " in the container: no space left on device",
              e);
      case Errno.EPERM, Errno.EACCES ->
          throw new EngineException(
              Kind.PERMISSION,
              "cannot copy to " + path + " in the container: " + e.getMessage(),
              e);
      case Errno.ENOENT, Errno.EEXIST ->
          throw new EngineException(
              Kind.CONFLICT, "cannot copy to " + path + " in the container: " + e.getMessage(), e);
      case Errno.ENOTDIR, Errno.ELOOP, Errno.ENAMETOOLONG, Errno.EINVAL ->
          throw new EngineException(
              Kind.INVALID_ARGUMENT,
              "cannot copy to " + path + " in the container: " + e.getMessage(),
              e);
      default -> e;
    };
  }
}
