package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import dev.abode.linux.KernelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

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

  /**
   * The path with every link followed, the last one too, whether or not something is there. A
   * rendering for a user: whoever uses it looks it up again below the root.
   */
  static String resolved(FileTree tree, String path) throws KernelException {
    Deque<String> left = new ArrayDeque<>(names(path));
    List<String> done = new ArrayList<>();
    int links = 0;
    while (!left.isEmpty()) {
      String name = left.pop();
      if (name.equals("..")) {
        if (!done.isEmpty()) {
          done.removeLast();
        }
        continue;
      }
      done.add(name);
      String here = "/" + String.join("/", done);
      try (FileTreeNode node = tree.node(here)) {
        if (node.status().kind() != FileTreeStatus.Kind.SYMBOLIC_LINK) {
          continue;
        }
        if (++links > LINKS) {
          throw new KernelException("follow", path, Errno.ELOOP);
        }
        String target = node.readLink();
        done.removeLast();
        if (target.startsWith("/")) {
          done.clear();
        }
        List<String> more = names(target);
        for (int i = more.size() - 1; i >= 0; i--) {
          left.push(more.get(i));
        }
      } catch (KernelException e) {
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
          throw e;
        }
      }
    }
    return "/" + String.join("/", done);
  }

  private static List<String> names(String path) {
    return Arrays.stream(path.split("/", -1)).filter(n -> !n.isEmpty() && !n.equals(".")).toList();
  }
}
