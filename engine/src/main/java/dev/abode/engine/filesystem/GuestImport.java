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
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Unpacks one tar into a virtual machine. What an archive may say is judged here; what the tree
 * allows is judged in the guest, for each entry when its turn comes, while more are under way.
 */
final class GuestImport {
  private static final int COPY_BYTES = 64 * 1024;

  private final GuestTree tree;
  private final String target;
  private final boolean keepTypes;
  private final Optional<InstanceFiles.Owner> owner;
  private final byte[] buffer = new byte[COPY_BYTES];

  /** Times of folders are set last, because what is put into a folder changes them. */
  private final Map<String, Instant> folderTimes = new LinkedHashMap<>();

  GuestImport(
      GuestTree tree, String target, boolean keepTypes, Optional<InstanceFiles.Owner> owner) {
    this.tree = tree;
    this.target = target;
    this.keepTypes = keepTypes;
    this.owner = owner;
  }

  void unpack(InputStream tar) throws IOException {
    try {
      TarReader reader = new TarReader(TreeArchive.unpacked(tar), TarLimits.DEFAULT);
      Optional<TarEntry> entry = reader.next();
      while (entry.isPresent()) {
        put(entry.get(), reader);
        entry = reader.next();
      }
      for (Map.Entry<String, Instant> folder : folderTimes.entrySet()) {
        tree.put(TreeWire.Type.TIMES, TreeWire.times(folder.getKey(), folder.getValue()));
      }
      tree.finish();
    } catch (KernelException e) {
      throw explained(e);
    } catch (TarException e) {
      throw damaged(e);
    } catch (ImageException e) {
      throw damaged(e);
    }
  }

  private EngineException damaged(Exception cause) {
    return new EngineException(
        Kind.INVALID_ARGUMENT,
        "cannot unpack into " + target + " in the container: " + cause.getMessage(),
        cause);
  }

  private void put(TarEntry entry, TarReader reader) throws IOException {
    List<String> names = TreeImport.namesBelow(target, entry.name());
    if (names.isEmpty()) {
      // The folder itself is the user's, who asked to put something into it.
      if (entry.type() != TarEntry.Type.DIRECTORY) {
        throw new EngineException(
            Kind.INVALID_ARGUMENT,
            "cannot overwrite directory \"" + target + "\" with non-directory \".\"");
      }
      return;
    }
    String path = InstancePath.join(target, String.join("/", names));
    String link =
        switch (entry.type()) {
          case HARD_LINK ->
              InstancePath.join(
                  target, String.join("/", TreeImport.namesBelow(target, entry.linkTarget())));
          case SYMBOLIC_LINK -> entry.linkTarget();
          case FILE, DIRECTORY, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> "";
        };
    if (path.length() > TarLimits.DEFAULT.pathBytes()) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT, "cannot copy to " + path + " in the container: it is too long");
    }
    long uid = owner.map(InstanceFiles.Owner::uid).orElse(entry.uid());
    long gid = owner.map(InstanceFiles.Owner::gid).orElse(entry.gid());
    tree.put(TreeWire.Type.PUT, TreeWire.put(path, entry, uid, gid, link, keepTypes));
    if (entry.type() == TarEntry.Type.DIRECTORY) {
      folderTimes.put(path, entry.modified());
    }
    content(path, entry, reader);
  }

  private void content(String path, TarEntry entry, TarReader reader) throws IOException {
    InputStream content = reader.content();
    for (TarEntry.Extent extent : entry.extents()) {
      long at = extent.offsetBytes();
      long end = at + extent.lengthBytes();
      while (at < end) {
        int count = content.read(buffer, 0, (int) Math.min(end - at, buffer.length));
        if (count <= 0) {
          throw new EngineException(
              Kind.INVALID_ARGUMENT, "the archive ends in the middle of \"" + path + "\"");
        }
        tree.put(TreeWire.Type.CONTENT, TreeWire.content(at, buffer, count));
        at += count;
      }
    }
  }

  /** What the guest's kernel refused, in the words a container's would have. */
  private IOException explained(KernelException e) {
    String path = e.subject();
    return switch (e.errno()) {
      case Errno.EOPNOTSUPP -> throw TreeImport.ofKernel(path);
      case Errno.EISDIR ->
          throw new EngineException(
              Kind.INVALID_ARGUMENT,
              "cannot overwrite directory \"" + path + "\" with non-directory in the container",
              e);
      case Errno.ENOTDIR ->
          throw new EngineException(
              Kind.INVALID_ARGUMENT,
              "cannot overwrite non-directory \"" + path + "\" with directory in the container",
              e);
      default -> TreeImport.explained(path, e);
    };
  }
}
