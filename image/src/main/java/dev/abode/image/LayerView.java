package dev.abode.image;

import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What overlayfs would show of layer folders, see {@link MergedTree}, as long as it is open. It
 * reads what is on disk at the moment.
 */
final class LayerView implements AutoCloseable {
  private static final int MOST_LINKS = 40;

  private final List<Path> folders;
  private final List<FileTree> layers;

  private LayerView(List<Path> folders, List<FileTree> layers) {
    this.folders = folders;
    this.layers = layers;
  }

  /**
   * Opens the view.
   *
   * @param folders the top one first
   */
  static LayerView of(List<Path> folders) throws IOException {
    List<FileTree> opened = new ArrayList<>();
    try {
      for (Path folder : folders) {
        opened.add(FileTree.open(folder));
      }
    } catch (IOException e) {
      opened.forEach(FileTree::close);
      throw e;
    }
    return new LayerView(List.copyOf(folders), opened);
  }

  /**
   * A file found: in which layer, under which path without links, and what it is. If it is a
   * folder, {@code through} is how many layers, from {@code layer} on, may add to it.
   */
  record Found(LayerView view, int layer, int through, EntryPath path, FileTreeStatus status) {
    FileTreeNode node() throws IOException {
      return view.layers.get(layer).node(path.toString());
    }

    FileTree tree() {
      return view.layers.get(layer);
    }
  }

  /** Where an entry is on the host. */
  Path host(Found found) {
    return folders.get(found.layer()).resolve(found.path().toString());
  }

  /** Looks {@code path} up with all links followed, within the tree. */
  Optional<Found> resolve(String path) throws IOException {
    Deque<String> left = new ArrayDeque<>(Arrays.asList(path.split("/", -1)));
    EntryPath at = new EntryPath(List.of());
    int links = 0;
    while (!left.isEmpty()) {
      String name = left.pop();
      switch (name) {
        case "", "." -> {
          continue;
        }
        case ".." -> {
          // The parent of the folder reached, not of its name: links were followed on the way.
          at = at.isRoot() ? at : at.parent();
          continue;
        }
        default -> {}
      }
      EntryPath next = at.child(name);
      Optional<Found> found = look(next);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      if (found.get().status().kind() == FileTreeStatus.Kind.SYMBOLIC_LINK) {
        if (++links > MOST_LINKS) {
          throw new KernelException("open", TreeWriter.shown(path), Errno.ELOOP);
        }
        String target;
        try (FileTreeNode node = found.get().node()) {
          target = node.readLink();
        }
        if (target.startsWith("/")) {
          at = new EntryPath(List.of());
        }
        String[] names = target.split("/", -1);
        for (int i = names.length - 1; i >= 0; i--) {
          left.push(names[i]);
        }
      } else if (!left.isEmpty() && !found.get().status().isDirectory()) {
        return Optional.empty();
      } else {
        at = next;
      }
    }
    return look(at);
  }

  /**
   * Looks up a path that has no links in it: one that does has nothing behind the link. The last
   * name may be one.
   */
  Optional<Found> look(EntryPath path) throws IOException {
    int deepest = layers.size();
    Found at = new Found(this, 0, deepest, new EntryPath(List.of()), root());
    for (String name : path.names()) {
      if (!at.status().isDirectory()) {
        return Optional.empty();
      }
      Optional<Found> next = child(at, name);
      if (next.isEmpty()) {
        return next;
      }
      at = next.get();
    }
    return Optional.of(at);
  }

  private FileTreeStatus root() throws IOException {
    try (FileTreeNode node = layers.getFirst().node("")) {
      return node.status();
    }
  }

  /** The topmost entry of that name in a merged folder, and how far down it is merged itself. */
  private Optional<Found> child(Found folder, String name) throws IOException {
    EntryPath path = folder.path().child(name);
    Optional<Found> top = Optional.empty();
    for (int i = folder.layer(); i < folder.through(); i++) {
      Optional<FileTreeStatus> status = within(i, path);
      if (status.isEmpty()) {
        continue;
      }
      if (top.isEmpty()) {
        if (status.get().isWhiteout()) {
          return Optional.empty();
        }
        top = Optional.of(new Found(this, i, i + 1, path, status.get()));
        if (!status.get().isDirectory()) {
          return top;
        }
      } else if (!status.get().isDirectory()) {
        // A file or a whiteout below ends the merge.
        return top;
      } else {
        Found t = top.get();
        top = Optional.of(new Found(this, t.layer(), i + 1, path, t.status()));
      }
      if (isOpaque(i, path)) {
        return top;
      }
    }
    return top;
  }

  /** What one layer has at a path whose every step must be a folder of that same layer. */
  private Optional<FileTreeStatus> within(int layer, EntryPath path) throws IOException {
    return layers.get(layer).statusWithoutLinks(path.toString());
  }

  private boolean isOpaque(int layer, EntryPath path) throws IOException {
    try (FileTreeNode node = layers.get(layer).node(path.toString())) {
      Optional<byte[]> opaque = node.attribute(TreeWriter.OPAQUE);
      return opaque.isPresent() && opaque.get().length == 1 && opaque.get()[0] == 'y';
    }
  }

  /** See {@link MergedTree#hasPartIn}; of the topmost layer. */
  boolean hasPartIn(String path) throws IOException {
    EntryPath at = new EntryPath(List.of());
    for (String name : path.substring(1).split("/", -1)) {
      at = at.child(name);
      Optional<FileTreeStatus> status = within(0, at);
      if (status.isEmpty()) {
        return false;
      }
      if (!status.get().isDirectory() || isOpaque(0, at)) {
        return true;
      }
    }
    return true;
  }

  /** The names in a merged folder, in order. */
  List<String> names(Found folder) throws IOException {
    TreeSet<String> names = new TreeSet<>();
    for (int i = folder.layer(); i < folder.through(); i++) {
      Optional<FileTreeStatus> status =
          folder.path().isRoot() ? Optional.of(folder.status()) : within(i, folder.path());
      if (status.isPresent() && status.get().isDirectory()) {
        names.addAll(layers.get(i).list(folder.path().toString()));
      }
    }
    List<String> visible = new ArrayList<>();
    for (String name : names) {
      if (child(folder, name).isPresent()) {
        visible.add(name);
      }
    }
    return visible;
  }

  @Override
  public void close() {
    layers.forEach(FileTree::close);
  }
}
