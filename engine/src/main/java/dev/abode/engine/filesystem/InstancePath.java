package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A path as a user of {@code docker cp} gives it.
 *
 * @param absolute begins with {@code /}, without {@code .}, {@code ..} and empty names; the root is
 *     {@code /}
 * @param ending what was behind the last name: a slash or a dot asks for what a link leads to
 */
record InstancePath(String absolute, Ending ending) {
  /** As many links as the kernel follows in one path, {@code path_resolution(7)}. */
  private static final int LINKS = 40;

  enum Ending {
    NONE,
    SLASH,
    DOT
  }

  static InstancePath of(String path) {
    if (path.indexOf('\0') >= 0) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT, "the path \"" + path.replace("\0", "\\0") + "\" holds a NUL");
    }
    Ending ending =
        path.equals(".") || path.endsWith("/.")
            ? Ending.DOT
            : path.endsWith("/") ? Ending.SLASH : Ending.NONE;
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
    return new InstancePath("/" + String.join("/", names), ending);
  }

  boolean isRoot() {
    return absolute.equals("/");
  }

  /** Whether a link at the end stands for itself. */
  boolean linkItself() {
    return ending == Ending.NONE;
  }

  /** The last name; of the root {@code /}. */
  String name() {
    return isRoot() ? "/" : absolute.substring(absolute.lastIndexOf('/') + 1);
  }

  /** What the names of a copy begin with. */
  String nameInArchive() {
    return ending == Ending.DOT ? "." : name();
  }

  /** One more name; {@code folder} may be the root. */
  static String join(String folder, String name) {
    return folder.endsWith("/") ? folder + name : folder + "/" + name;
  }

  /** Tells what a symbolic link says; empty when something else or nothing is there. */
  @FunctionalInterface
  interface Links {
    Optional<String> at(String path) throws IOException;
  }

  /**
   * The path with every link followed, the last one too, whether or not something is there. A
   * rendering for a user: whoever uses it looks it up again below the root.
   */
  static String resolved(FileTree tree, String path) throws IOException {
    return resolved(here -> linkAt(tree, here), path);
  }

  private static Optional<String> linkAt(FileTree tree, String path) throws IOException {
    try (FileTreeNode node = tree.node(path)) {
      return node.status().kind() == FileTreeStatus.Kind.SYMBOLIC_LINK
          ? Optional.of(node.readLink())
          : Optional.empty();
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** As above, of a tree of which {@code links} tells the links. */
  static String resolved(Links links, String path) throws IOException {
    Deque<String> left = new ArrayDeque<>(names(path));
    List<String> done = new ArrayList<>();
    int followed = 0;
    while (!left.isEmpty()) {
      String name = left.pop();
      if (name.equals("..")) {
        if (!done.isEmpty()) {
          done.removeLast();
        }
        continue;
      }
      done.add(name);
      Optional<String> target = links.at("/" + String.join("/", done));
      if (target.isEmpty()) {
        continue;
      }
      if (++followed > LINKS) {
        throw new KernelException("follow", path, Errno.ELOOP);
      }
      done.removeLast();
      if (target.get().startsWith("/")) {
        done.clear();
      }
      List<String> more = names(target.get());
      for (int i = more.size() - 1; i >= 0; i--) {
        left.push(more.get(i));
      }
    }
    return "/" + String.join("/", done);
  }

  private static List<String> names(String path) {
    return Arrays.stream(path.split("/", -1)).filter(n -> !n.isEmpty() && !n.equals(".")).toList();
  }
}
