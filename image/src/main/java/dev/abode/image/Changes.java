package dev.abode.image;

import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an overlay upper directory changes of the layers below it, as {@code docker diff} lists it:
 * folders before what is in them, names in order. A folder counts as changed when something in it
 * is, or when its own mode, owner or time is another; one that overlayfs merely copied up does not.
 */
public final class Changes {
  private final FileTree upper;
  private final LayerView lower;
  private final Set<String> ignored;

  private Changes(FileTree upper, LayerView lower, Set<String> ignored) {
    this.upper = upper;
    this.lower = lower;
    this.ignored = ignored;
  }

  /** How a path differs; the letter {@code docker diff} prints. */
  public enum Kind {
    ADDED('A'),
    CHANGED('C'),
    DELETED('D');

    private final char letter;

    Kind(char letter) {
      this.letter = letter;
    }

    public char letter() {
      return letter;
    }
  }

  /**
   * One difference.
   *
   * @param path absolute in the tree
   */
  public record Change(Kind kind, String path) {}

  /** The changes in {@code upper} against {@code lower}. */
  public static List<Change> of(Path upper, MergedTree lower) throws IOException {
    return of(upper, lower, Set.of());
  }

  /**
   * As {@link #of(Path, MergedTree)}, without what the engine itself put there.
   *
   * @param ignored absolute paths, such as the stub of a bind mount
   */
  public static List<Change> of(Path upper, MergedTree lower, Set<String> ignored)
      throws IOException {
    try (FileTree tree = FileTree.open(upper);
        LayerView view = LayerView.of(lower.layers())) {
      Changes changes = new Changes(tree, view, Set.copyOf(ignored));
      return changes.in(new EntryPath(List.of()), view.look(new EntryPath(List.of())));
    }
  }

  private List<Change> in(EntryPath folder, Optional<LayerView.Found> below) throws IOException {
    List<Change> changes = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(upper.list(folder.toString()));
    Set<String> hidden = hidden(folder, below, names);
    names.addAll(hidden);
    for (String name : names) {
      EntryPath path = folder.child(name);
      if (ignored.contains("/" + path)) {
        continue;
      }
      if (hidden.contains(name)) {
        changes.add(new Change(Kind.DELETED, "/" + path));
      } else {
        changes.addAll(of(path, below));
      }
    }
    return changes;
  }

  /** Names below that an opaque folder hides without a whiteout of their own. */
  private Set<String> hidden(EntryPath folder, Optional<LayerView.Found> below, Set<String> present)
      throws IOException {
    if (folder.isRoot() || below.isEmpty() || !below.get().status().isDirectory()) {
      return Set.of();
    }
    try (FileTreeNode node = upper.node(folder.toString())) {
      if (!TreeReader.isOpaque(node)) {
        return Set.of();
      }
    }
    Set<String> hidden = new TreeSet<>(lower.names(below.get()));
    hidden.removeAll(present);
    return hidden;
  }

  private List<Change> of(EntryPath path, Optional<LayerView.Found> folderBelow)
      throws IOException {
    Optional<FileTreeStatus> present = upper.statusWithoutLinks(path.toString());
    if (present.isEmpty()) {
      return List.of();
    }
    FileTreeStatus status = present.get();
    Optional<LayerView.Found> below = folderBelow.isEmpty() ? Optional.empty() : lower.look(path);
    if (status.isWhiteout()) {
      return below.isPresent() ? List.of(new Change(Kind.DELETED, "/" + path)) : List.of();
    }
    List<Change> changes = new ArrayList<>();
    List<Change> inside = status.isDirectory() ? in(path, below) : List.of();
    if (below.isEmpty()) {
      changes.add(new Change(Kind.ADDED, "/" + path));
    } else if (!inside.isEmpty() || !looksTheSame(status, below.get().status())) {
      changes.add(new Change(Kind.CHANGED, "/" + path));
    }
    changes.addAll(inside);
    return changes;
  }

  /** Only a folder can be in the upper directory without being changed. */
  private static boolean looksTheSame(FileTreeStatus upper, FileTreeStatus lower) {
    return upper.isDirectory()
        && lower.isDirectory()
        && upper.permissions() == lower.permissions()
        && upper.uid() == lower.uid()
        && upper.gid() == lower.gid()
        && upper.modified().equals(lower.modified());
  }
}
