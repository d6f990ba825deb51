package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A container's root file system, open. */
final class OpenRoot implements AutoCloseable {
  private final FileTree tree;
  private final IdMapping ids;
  private final MountTable mounts;
  private final Optional<HeldRoots.Held> held;

  private OpenRoot(FileTree tree, IdMapping ids, MountTable mounts, Optional<HeldRoots.Held> held) {
    this.tree = tree;
    this.ids = ids;
    this.mounts = mounts;
    this.held = held;
  }

  static OpenRoot of(RootSource source) throws IOException {
    return switch (source) {
      case RootSource.Running(int pid, long startTicks, IdMapping ids) ->
          ofProcess(pid, startTicks, ids, Optional.empty());
      case RootSource.Stopped stopped -> {
        HeldRoots.Held held = HeldRoots.hold(stopped);
        try {
          yield ofProcess(held.pid(), held.startTicks(), IdMapping.SAME, Optional.of(held));
        } catch (IOException | RuntimeException e) {
          try {
            held.close();
          } catch (IOException closing) {
            e.addSuppressed(closing);
          }
          throw e;
        }
      }
    };
  }

  private static OpenRoot ofProcess(
      int pid, long startTicks, IdMapping ids, Optional<HeldRoots.Held> held) throws IOException {
    Path process = Path.of("/proc/" + pid);
    FileTree tree;
    try {
      tree = FileTree.open(process.resolve("root"));
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ESRCH) {
        throw ended(pid);
      }
      throw e;
    }
    try (FileTreeNode root = tree.node("/")) {
      byte[] mountinfo;
      // Read after the directory was opened: if the process is this one now, it was then.
      String stat;
      try {
        mountinfo = Files.readAllBytes(process.resolve("mountinfo"));
        stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
      } catch (IOException e) {
        throw ended(pid);
      }
      if (startTicks(stat) != startTicks) {
        throw ended(pid);
      }
      return new OpenRoot(tree, ids, MountTable.parse(mountinfo, root.status().mountId()), held);
    } catch (IOException | RuntimeException e) {
      tree.close();
      throw e;
    }
  }

  /** Field 22, counted behind the last parenthesis because a process' name may hold anything. */
  private static long startTicks(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[19]);
  }

  private static EngineException ended(int pid) {
    return new EngineException(
        Kind.UNAVAILABLE,
        "cannot look into the root file system of process "
            + pid
            + ": it ended meanwhile; try again");
  }

  FileTree tree() {
    return tree;
  }

  IdMapping ids() {
    return ids;
  }

  MountTable mounts() {
    return mounts;
  }

  @Override
  public void close() throws IOException {
    // First the directory: a mount is busy, and lives on, while somebody holds it open.
    tree.close();
    if (held.isPresent()) {
      held.get().close();
    }
  }
}
