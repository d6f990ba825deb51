package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.FileStat;
import dev.abode.image.tar.TarLimits;
import dev.abode.linux.Errno;
import dev.abode.linux.KernelException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A virtual machine's files, reached through a server in its guest: each operation opens it anew.
 *
 * @param readOnly whether the instance was asked to have a read-only root file system, which holds
 *     while it is stopped too
 */
public record GuestFiles(GuestTree.Source source, boolean readOnly) implements InstanceFiles {
  static final long MOST_FILES = TarLimits.DEFAULT.entries();

  @Override
  public FileStat stat(String path) throws IOException {
    InstancePath wanted = InstancePath.of(path);
    try (GuestTree tree = source.open()) {
      GuestNode node = find(tree, wanted);
      String target = node.isLink() ? resolved(tree, wanted) : "";
      return new FileStat(
          wanted.nameInArchive(), node.sizeBytes(), node.mode(), node.modified(), target);
    }
  }

  /**
   * What is in each of several files, links followed.
   *
   * @param limit of bytes in all of them together
   * @return in the same order; empty for what is no file, or not there
   * @throws EngineException of kind EXHAUSTED beyond the limit
   */
  public List<Optional<byte[]>> contents(List<String> paths, int limit) throws IOException {
    List<Optional<byte[]>> contents = new ArrayList<>();
    int left = limit;
    try (GuestTree tree = source.open()) {
      for (String path : paths) {
        Optional<byte[]> content = content(tree, path, left);
        left -= content.map(bytes -> bytes.length).orElse(0);
        contents.add(content);
      }
    }
    return contents;
  }

  private static Optional<byte[]> content(GuestTree tree, String path, int limit)
      throws IOException {
    String resolved = resolved(tree, InstancePath.of(path));
    if (tree.find(resolved).filter(node -> node.type() == GuestNode.REGULAR).isEmpty()) {
      return Optional.empty();
    }
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    tree.send(
        resolved,
        TreeWire.CONTENT_TOO,
        1,
        (node, bytes) -> {
          content.writeBytes(bytes.readNBytes(limit + 1 - content.size()));
          if (content.size() > limit) {
            throw new EngineException(
                Kind.EXHAUSTED, path + " in the virtual machine is larger than it may be");
          }
        });
    return Optional.of(content.toByteArray());
  }

  /** What a path names, a link at its end followed if the path says so. */
  private static GuestNode find(GuestTree tree, InstancePath path) throws IOException {
    try {
      if (path.linkItself()) {
        return tree.look(path.absolute());
      }
      GuestNode node = tree.look(resolved(tree, path));
      if (!node.isDirectory()) {
        throw new KernelException("open", path.absolute(), Errno.ENOTDIR);
      }
      return node;
    } catch (KernelException e) {
      throw ContainerFiles.explained(path, e);
    }
  }

  private static String resolved(GuestTree tree, InstancePath path) throws IOException {
    return InstancePath.resolved(tree::linkAt, path.absolute());
  }

  @Override
  public void copyOut(String path, OutputStream tar) throws IOException {
    InstancePath wanted = InstancePath.of(path);
    try (GuestTree tree = source.open()) {
      GuestNode node = find(tree, wanted);
      if (node.isOfKernel()) {
        throw ContainerFiles.madeUp(wanted);
      }
      String start = wanted.linkItself() ? wanted.absolute() : resolved(tree, wanted);
      GuestExport export = new GuestExport(tar, wanted.nameInArchive(), /* whole= */ false);
      tree.send(start, TreeWire.CONTENT_TOO, MOST_FILES, export);
      export.finish();
    }
  }

  @Override
  public void copyIn(String path, InputStream tar, boolean keepTypes, Optional<Owner> owner)
      throws IOException {
    InstancePath wanted = InstancePath.of(path);
    try (GuestTree tree = source.open()) {
      String folder = folder(tree, wanted);
      new GuestImport(tree, folder, keepTypes, owner).unpack(tar);
    }
  }

  /** The folder to unpack into, links followed, in words that can be looked up again. */
  private String folder(GuestTree tree, InstancePath path) throws IOException {
    try {
      String resolved = resolved(tree, path);
      GuestNode node = tree.look(resolved);
      if (!node.isDirectory()) {
        throw new EngineException(
            Kind.INVALID_ARGUMENT,
            "extraction point is not a directory: " + path.absolute() + " in the container");
      }
      if (node.isOfKernel()) {
        throw TreeImport.ofKernel(path.absolute());
      }
      if (node.isReadOnly() || (readOnly && node.isOnRootMount())) {
        throw MountTable.readOnly(node.isOnRootMount());
      }
      return resolved;
    } catch (KernelException e) {
      throw ContainerFiles.explained(path, e);
    }
  }

  @Override
  public void export(OutputStream tar) throws IOException {
    try (GuestTree tree = source.open()) {
      GuestExport export = new GuestExport(tar, "", /* whole= */ true);
      tree.send("/", TreeWire.CONTENT_TOO | TreeWire.ROOT_MOUNT, MOST_FILES, export);
      export.finish();
    }
  }
}
