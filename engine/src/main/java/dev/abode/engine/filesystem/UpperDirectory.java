package dev.abode.engine.filesystem;

import dev.abode.engine.instance.Change;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What an instance wrote: the upper directory of its overlay, read beside the layers below, running
 * or not. The kernel's form is documented in "overlayfs", Documentation/filesystems: a device 0:0
 * is a file taken away, a folder with {@code trusted.overlay.opaque} hides all below.
 *
 * @param upper the folder
 * @param lower the layers of the image, top one first
 * @param mountPoints paths within the instance that something was mounted on: what was made there
 *     for that purpose is no change of the workload's
 */
public record UpperDirectory(Path upper, List<Path> lower, Set<String> mountPoints)
    implements WrittenFiles {
  private static final String OPAQUE = "trusted.overlay.opaque";

  public UpperDirectory {
    lower = List.copyOf(lower);
    mountPoints = Set.copyOf(mountPoints);
  }

  /**
   * The differences to the image, each folder before what is in it, names in order. A folder is
   * MODIFIED when its owner, mode or time changed or something in it came or went.
   */
  @Override
  public List<Change> changes() throws IOException {
    List<FileTree> open = new ArrayList<>();
    try {
      FileTree top = FileTree.open(upper);
      open.add(top);
      for (Path layer : lower) {
        open.add(FileTree.open(layer));
      }
      Comparison comparison = new Comparison(top, mountPoints);
      List<Below> below =
          open.subList(1, open.size()).stream().map(tree -> new Below(tree)).toList();
      comparison.folder("/", below, isOpaque(top, "/"));
      return comparison.changes;
    } finally {
      open.forEach(FileTree::close);
    }
  }

  @Override
  public Layer layer() {
    return () -> upper;
  }

  /** Bytes its files take on disk; a file with several names counts once, a folder not at all. */
  @Override
  public long sizeBytes() throws IOException {
    try (FileTree tree = FileTree.open(upper)) {
      Set<Long> counted = new HashSet<>();
      List<String> folders = new ArrayList<>(List.of("/"));
      long sum = 0;
      while (!folders.isEmpty()) {
        String folder = folders.removeLast();
        for (String name : namesIn(tree, folder)) {
          String path = InstancePath.join(folder, name);
          Optional<FileTreeStatus> found = tree.status(path);
          if (found.isEmpty()) {
            continue;
          }
          FileTreeStatus status = found.get();
          if (status.isDirectory()) {
            folders.add(path);
          } else if (status.links() == 1 || counted.add(status.inode())) {
            // A sparse file takes less than its size; the last block of a small one is not its own.
            sum += Math.min(status.sizeBytes(), status.allocatedBytes());
          }
        }
      }
      return sum;
    }
  }

  /** The names in a folder; none when it went away, which a running workload's may. */
  private static List<String> namesIn(FileTree tree, String folder) throws KernelException {
    try {
      return tree.list(folder);
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return List.of();
      }
      throw e;
    }
  }

  private static boolean isOpaque(FileTree tree, String path) throws KernelException {
    try (FileTreeNode node = tree.node(path)) {
      return node.attribute(OPAQUE).filter(v -> v.length == 1 && v[0] == 'y').isPresent();
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return false;
      }
      throw e;
    }
  }

  /** A layer that may have a part in the folder of the same name. */
  private record Below(FileTree tree) {}

  /** One file of the image, and the layers whose folders of that name are merged into it. */
  private record Lower(FileTreeStatus status, List<Below> layers) {}

  /** What the image has at {@code path}, as overlayfs merges it. */
  private static Optional<Lower> lower(List<Below> layers, String path) throws KernelException {
    Optional<FileTreeStatus> first = Optional.empty();
    List<Below> merged = new ArrayList<>();
    for (Below layer : layers) {
      Optional<FileTreeStatus> status = layer.tree().status(path);
      if (status.isEmpty()) {
        continue;
      }
      if (status.get().isWhiteout()) {
        break;
      }
      if (!status.get().isDirectory()) {
        if (first.isEmpty()) {
          return Optional.of(new Lower(status.get(), List.of()));
        }
        break;
      }
      if (first.isEmpty()) {
        first = status;
      }
      merged.add(layer);
      if (isOpaque(layer.tree(), path)) {
        break;
      }
    }
    return first.map(status -> new Lower(status, merged));
  }

  /** One pass over an upper directory. */
  private static final class Comparison {
    private final FileTree upper;
    private final Set<String> mountPoints;
    private final List<Change> changes = new ArrayList<>();

    /** How many files were passed over because a launch made them. */
    private int made;

    Comparison(FileTree upper, Set<String> mountPoints) {
      this.upper = upper;
      this.mountPoints = mountPoints;
    }

    /**
     * Appends what differs in one folder.
     *
     * @return whether something in this very folder came or went, or something below differs
     */
    Outcome folder(String folder, List<Below> below, boolean opaque) throws IOException {
      boolean membersChanged = false;
      boolean anything = false;
      Map<String, Boolean> names = new TreeMap<>();
      namesIn(upper, folder).forEach(name -> names.put(name, true));
      if (opaque) {
        // What the image has here is hidden, so each of its names that is not back was removed.
        for (Below layer : below) {
          for (String name : namesIn(layer.tree(), folder)) {
            if (lower(below, InstancePath.join(folder, name)).isPresent()) {
              names.putIfAbsent(name, false);
            }
          }
        }
      }
      for (Map.Entry<String, Boolean> name : names.entrySet()) {
        String path = InstancePath.join(folder, name.getKey());
        Outcome outcome = name.getValue() ? entry(path, below, opaque) : removed(path);
        membersChanged |= outcome == Outcome.CAME_OR_WENT;
        anything |= outcome != Outcome.NOTHING;
      }
      if (membersChanged) {
        return Outcome.CAME_OR_WENT;
      }
      return anything ? Outcome.CHANGED : Outcome.NOTHING;
    }

    private Outcome removed(String path) {
      changes.add(new Change(Change.Kind.DELETED, path));
      return Outcome.CAME_OR_WENT;
    }

    private Outcome entry(String path, List<Below> below, boolean parentOpaque) throws IOException {
      Optional<FileTreeStatus> present = upper.status(path);
      if (present.isEmpty()) {
        return Outcome.NOTHING;
      }
      FileTreeStatus status = present.get();
      Optional<Lower> lower = lower(below, path);
      if (status.isWhiteout()) {
        return lower.isPresent() ? removed(path) : Outcome.NOTHING;
      }
      if (lower.isEmpty()) {
        return added(path, status);
      }
      Lower original = lower.get();
      if (!status.isDirectory() || !original.status().isDirectory()) {
        changes.add(new Change(Change.Kind.MODIFIED, path));
        if (status.isDirectory()) {
          folder(path, List.of(), false);
        }
        return status.isDirectory() == original.status().isDirectory()
            ? Outcome.CHANGED
            : Outcome.CAME_OR_WENT;
      }
      int at = changes.size();
      int madeBefore = made;
      Outcome inside = folder(path, original.layers(), parentOpaque || isOpaque(upper, path));
      boolean itself =
          status.permissions() != original.status().permissions()
              || status.uid() != original.status().uid()
              || status.gid() != original.status().gid()
              // The making of a mount point in it changes a folder's time as well.
              || (made == madeBefore && !status.modified().equals(original.status().modified()));
      if (itself || inside == Outcome.CAME_OR_WENT) {
        changes.add(at, new Change(Change.Kind.MODIFIED, path));
        return Outcome.CHANGED;
      }
      return inside;
    }

    private Outcome added(String path, FileTreeStatus status) throws IOException {
      int at = changes.size();
      Outcome inside = status.isDirectory() ? folder(path, List.of(), false) : Outcome.NOTHING;
      boolean madeForMount = inside == Outcome.NOTHING && isForMount(path) && looksMade(status);
      if (madeForMount) {
        made++;
        return Outcome.NOTHING;
      }
      changes.add(at, new Change(Change.Kind.ADDED, path));
      return Outcome.CAME_OR_WENT;
    }

    /** Whether something is mounted at {@code path} or below it. */
    private boolean isForMount(String path) {
      return mountPoints.contains(path)
          || mountPoints.stream().anyMatch(point -> point.startsWith(path + "/"));
    }

    /** A folder, or an empty file: a mount point as a launch makes it. */
    private static boolean looksMade(FileTreeStatus status) {
      return status.isDirectory()
          || (status.kind() == FileTreeStatus.Kind.REGULAR && status.sizeBytes() == 0);
    }
  }

  private enum Outcome {
    NOTHING,
    CHANGED,
    CAME_OR_WENT
  }
}
