package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.FileStat;
import dev.abode.linux.Errno;
import dev.abode.linux.FileOwnership;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A container's files, reached through the kernel. Each operation opens the root anew, so an object
 * of this type holds nothing; it is right as long as {@code source} is.
 *
 * @param source how to reach the root
 * @param layers the container's own layer and those of its image, top one first, for what lies
 *     under a mount
 * @param readOnly whether the instance was asked to have a read-only root file system, which holds
 *     while it is stopped too
 */
public record ContainerFiles(RootSource source, List<Path> layers, boolean readOnly)
    implements InstanceFiles {
  /** {@code S_IFMT} values of {@code inode(7)}. */
  private static int typeBits(FileTreeStatus.Kind kind) {
    return switch (kind) {
      case FIFO -> 0010000;
      case CHARACTER_DEVICE -> 0020000;
      case DIRECTORY -> 0040000;
      case BLOCK_DEVICE -> 0060000;
      case REGULAR -> 0100000;
      case SYMBOLIC_LINK -> 0120000;
      case SOCKET -> 0140000;
    };
  }

  public ContainerFiles {
    layers = List.copyOf(layers);
  }

  @Override
  public FileStat stat(String path) throws IOException {
    InstancePath wanted = InstancePath.of(path);
    try (OpenRoot root = OpenRoot.of(source);
        FileTreeNode node = find(root, wanted)) {
      FileTreeStatus status = node.status();
      String target =
          status.kind() == FileTreeStatus.Kind.SYMBOLIC_LINK
              ? InstancePath.resolved(root.tree(), wanted.absolute())
              : "";
      return new FileStat(
          wanted.nameInArchive(),
          status.sizeBytes(),
          typeBits(status.kind()) | status.permissions(),
          status.modified(),
          target);
    }
  }

  /** What a path names, held. */
  static FileTreeNode find(OpenRoot root, InstancePath path) throws IOException {
    try {
      FileTreeNode node =
          path.linkItself()
              ? root.tree().node(path.absolute())
              : root.tree().resolvedNode(path.absolute());
      if (!path.linkItself() && !node.status().isDirectory()) {
        node.close();
        throw new KernelException("open", path.absolute(), Errno.ENOTDIR);
      }
      return node;
    } catch (KernelException e) {
      throw explained(path, e);
    }
  }

  static IOException explained(InstancePath path, KernelException e) {
    return switch (e.errno()) {
      case Errno.ENOENT ->
          throw new EngineException(
              Kind.NOT_FOUND,
              "Could not find the file " + path.absolute() + " in the container",
              e);
      case Errno.ENOTDIR ->
          throw new EngineException(
              Kind.INVALID_ARGUMENT,
              "cannot look up " + path.absolute() + " in the container: not a directory",
              e);
      case Errno.ELOOP ->
          throw new EngineException(
              Kind.INVALID_ARGUMENT,
              "cannot look up "
                  + path.absolute()
                  + " in the container: too many levels of symbolic links",
              e);
      case Errno.ENAMETOOLONG ->
          throw new EngineException(
              Kind.INVALID_ARGUMENT,
              "cannot look up a path in the container: a name in it is too long",
              e);
      default -> e;
    };
  }

  @Override
  public void copyOut(String path, OutputStream tar) throws IOException {
    InstancePath wanted = InstancePath.of(path);
    try (OpenRoot root = OpenRoot.of(source);
        FileTreeNode node = find(root, wanted)) {
      if (!root.mounts().holdsUserFiles(node.status())) {
        throw madeUp(wanted);
      }
      TreeExport.copy(root, wanted, tar);
    }
  }

  static EngineException madeUp(InstancePath path) {
    return new EngineException(
        Kind.UNSUPPORTED,
        "cannot copy "
            + path.absolute()
            + " out of the container: the kernel makes it up while it is read; use exec with cat or"
            + " tar");
  }

  @Override
  public void copyIn(String path, InputStream tar, boolean keepTypes, Optional<Owner> owner)
      throws IOException {
    InstancePath wanted = InstancePath.of(path);
    try (OpenRoot root = OpenRoot.of(source)) {
      String folder = folder(root, wanted);
      IdMapping ids = root.ids();
      // Without ids of root outside, root cannot make a file on an id-mapped mount: EOVERFLOW.
      long uid = ids.uidOutside(0).orElse(0);
      long gid = ids.gidOutside(0).orElse(0);
      FileOwnership.as(uid, gid, () -> new TreeImport(root, folder, keepTypes, owner).unpack(tar));
    }
  }

  /** The folder to unpack into, links followed, in words that can be looked up again. */
  private String folder(OpenRoot root, InstancePath path) throws IOException {
    String resolved = InstancePath.resolved(root.tree(), path.absolute());
    try (FileTreeNode node = root.tree().resolvedNode(resolved)) {
      FileTreeStatus status = node.status();
      if (!status.isDirectory()) {
        throw new EngineException(
            Kind.INVALID_ARGUMENT,
            "extraction point is not a directory: " + path.absolute() + " in the container");
      }
      if (!root.mounts().holdsUserFiles(status)) {
        throw TreeImport.ofKernel(path.absolute());
      }
      if (root.mounts().isRootMount(status)
          ? readOnly || root.mounts().isReadOnly(status)
          : root.mounts().isReadOnly(status)) {
        throw root.mounts().readOnly(status);
      }
      return resolved;
    } catch (KernelException e) {
      throw explained(path, e);
    }
  }

  @Override
  public void export(OutputStream tar) throws IOException {
    try (OpenRoot root = OpenRoot.of(source)) {
      TreeExport.exportAll(root, layers, tar);
    }
  }
}
