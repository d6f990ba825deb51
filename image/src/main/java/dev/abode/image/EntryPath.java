package dev.abode.image;

import java.util.ArrayList;
import java.util.List;

/**
 * A path in an archive as a path in a tree: absolute ones start at the tree's root, {@code .} goes
 * away, {@code ..} goes up but never above the root. The empty list is the root itself.
 */
record EntryPath(List<String> names) {
  EntryPath {
    names = List.copyOf(names);
  }

  static EntryPath of(String path) {
    List<String> names = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      switch (name) {
        case "", "." -> {}
        case ".." -> {
          if (!names.isEmpty()) {
            names.removeLast();
          }
        }
        default -> names.add(name);
      }
    }
    return new EntryPath(names);
  }

  boolean isRoot() {
    return names.isEmpty();
  }

  String last() {
    return names.getLast();
  }

  EntryPath parent() {
    return new EntryPath(names.subList(0, names.size() - 1));
  }

  EntryPath child(String name) {
    List<String> longer = new ArrayList<>(names);
    longer.add(name);
    return new EntryPath(longer);
  }

  int depth() {
    return names.size();
  }

  /** Relative to the tree, "" for the root. */
  @Override
  public String toString() {
    return String.join("/", names);
  }
}
