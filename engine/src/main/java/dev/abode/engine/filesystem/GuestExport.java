package dev.abode.engine.filesystem;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarWriter;
import dev.abode.linux.FileTreeStatus.Device;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Writes what a guest shows of its tree as one tar. */
final class GuestExport implements GuestTree.Visitor {
  private static final int MOUNT_POINT_MODE = 0755;

  private final TarWriter tar;

  /** What names in the archive begin with; "" for the content of a folder without itself. */
  private final String start;

  /** Everything is a user's: nothing else is mounted in what is shown. */
  private final boolean whole;

  /** The first name of each file that has several. */
  private final Map<Inode, String> linked = new HashMap<>();

  private record Inode(Device device, long number) {}

  GuestExport(OutputStream out, String start, boolean whole) {
    this.tar = new TarWriter(out);
    this.start = start;
    this.whole = whole;
  }

  void finish() throws IOException {
    tar.finish();
  }

  @Override
  public void visit(GuestNode node, InputStream content) throws IOException {
    String name = name(node);
    Optional<TarEntry.Type> type = node.archived();
    if (name.isEmpty() || type.isEmpty()) {
      return;
    }
    if (node.isOfKernel() && !whole) {
      if (node.isDirectory()) {
        tar.write(mountPoint(name, node), InputStream.nullInputStream());
      }
      return;
    }
    if (type.get() == TarEntry.Type.FILE && node.links() > 1) {
      String first = linked.putIfAbsent(new Inode(node.device(), node.inode()), name);
      if (first != null) {
        tar.write(hardLink(name, first, node), InputStream.nullInputStream());
        return;
      }
    }
    tar.write(entry(name, type.get(), node, attributes(node)), content);
  }

  private String name(GuestNode node) {
    if (start.isEmpty() || node.name().isEmpty()) {
      return start.isEmpty() ? node.name() : start;
    }
    return InstancePath.join(start, node.name());
  }

  /** Attributes that mean something elsewhere; overlayfs' own and labels do not. */
  private static Map<String, byte[]> attributes(GuestNode node) {
    Map<String, byte[]> kept = new TreeMap<>(node.attributes());
    kept.keySet()
        .removeIf(name -> !name.startsWith("user.") && !name.equals(FileCapabilities.NAME));
    return kept;
  }

  static TarEntry entry(
      String name, TarEntry.Type type, GuestNode node, Map<String, byte[]> attributes) {
    boolean file = type == TarEntry.Type.FILE;
    return new TarEntry(
        name,
        type,
        type == TarEntry.Type.SYMBOLIC_LINK ? node.linkTarget() : "",
        node.mode() & 07777,
        node.uid(),
        node.gid(),
        file ? node.sizeBytes() : 0,
        file ? node.extents() : List.of(),
        node.modified(),
        Optional.empty(),
        node.represents().major(),
        node.represents().minor(),
        attributes);
  }

  private static TarEntry hardLink(String name, String first, GuestNode node) {
    return special(name, TarEntry.Type.HARD_LINK, first, node.mode() & 07777, node);
  }

  private static TarEntry mountPoint(String name, GuestNode node) {
    return special(name, TarEntry.Type.DIRECTORY, "", MOUNT_POINT_MODE, node);
  }

  private static TarEntry special(
      String name, TarEntry.Type type, String target, int mode, GuestNode node) {
    boolean link = type == TarEntry.Type.HARD_LINK;
    return new TarEntry(
        name,
        type,
        target,
        mode,
        link ? node.uid() : 0,
        link ? node.gid() : 0,
        0,
        List.of(),
        node.modified(),
        Optional.empty(),
        0,
        0,
        Map.of());
  }
}
