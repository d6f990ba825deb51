package dev.abode.engine.record;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Deletes a folder and all below it. Never follows a link, and refuses to begin when anything is
 * mounted in it, whose other side it could otherwise empty.
 */
public final class TreeDeletion {
  private static final int ATTEMPTS = 10;
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  private TreeDeletion() {}

  /**
   * Deletes {@code tree}; nothing to do when it is missing.
   *
   * @throws IOException when something is mounted in it, or cannot be deleted
   */
  public static void delete(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    refuseMounts(tree.toRealPath());
    for (int attempt = 1; ; attempt++) {
      try {
        Files.walkFileTree(tree, new Deleter());
        return;
      } catch (DirectoryNotEmptyException e) {
        // A shim that is about to end may have written its record between the two looks.
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static void refuseMounts(Path tree) throws IOException {
    for (String line : Files.readString(MOUNTS).split("\n", -1)) {
      String[] fields = line.split(" ", 6);
      if (fields.length == 6 && Path.of(unescaped(fields[4])).startsWith(tree)) {
        throw new IOException(
            "refuses to delete "
                + tree
                + ", since something is mounted at "
                + fields[4]
                + "; unmount that first");
      }
    }
  }

  /** {@code proc_pid_mountinfo(5)} writes blank, tab, newline and backslash as octal numbers. */
  private static String unescaped(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }

  private static final class Deleter extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
      if (failure instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw failure;
    }

    @Override
    @SuppressWarnings("NullAway") // the visitor's contract: null means that nothing failed
    public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.deleteIfExists(folder);
      return FileVisitResult.CONTINUE;
    }
  }
}
