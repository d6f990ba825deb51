package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.image.IdTranslation;
import dev.abode.image.ImageException;
import dev.abode.image.TreeArchive;
import dev.abode.image.UnpackLimits;
import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarWriter;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A copy, on the host, of what a virtual machine wrote: its overlay's upper directory, which lies
 * on a disk that no kernel of ours mounts. What the guest tells goes through the same sluice as an
 * archive of a stranger's, so names, sizes and depths are bounded and stay inside.
 */
public final class GuestUpper {
  private static final String OPAQUE = "trusted.overlay.opaque";
  private static final int PIPE_BYTES = 256 << 10;

  private final GuestTree tree;
  private final boolean content;
  private final List<String> opaque = new ArrayList<>();

  /** The first name of each file that has several. */
  private final Map<Long, String> linked = new HashMap<>();

  private GuestUpper(GuestTree tree, boolean content) {
    this.tree = tree;
    this.content = content;
  }

  /**
   * Copies what {@code source} serves, an upper directory, into {@code folder}, which is made.
   *
   * @param content whether files are to have their content; else they have their size, as a hole
   */
  public static void copy(GuestTree.Source source, Path folder, boolean content)
      throws IOException {
    Files.createDirectories(folder);
    try (GuestTree tree = source.open();
        FileTree target = FileTree.open(folder)) {
      new GuestUpper(tree, content).into(target);
    }
  }

  private void into(FileTree target) throws IOException {
    PipedInputStream archive = new PipedInputStream(PIPE_BYTES);
    PipedOutputStream out = new PipedOutputStream(archive);
    List<Exception> failures = new ArrayList<>();
    Thread reading = Thread.ofVirtual().name("guest-upper").start(() -> read(out, failures));
    try {
      TreeArchive.extract(target, "", archive, IdTranslation.NONE, UnpackLimits.DEFAULT);
    } catch (IOException | ImageException e) {
      archive.close();
      join(reading);
      // The reader's failure is the cause, unless it only lost its reader.
      throw new EngineException(
          e instanceof ImageException image && image.kind() == ImageException.Kind.EXHAUSTED
              ? Kind.EXHAUSTED
              : Kind.UNAVAILABLE,
          "cannot copy what the virtual machine wrote: "
              + (failures.isEmpty() ? e : failures.getFirst()).getMessage(),
          e);
    }
    join(reading);
    if (!failures.isEmpty()) {
      throw new EngineException(
          Kind.UNAVAILABLE,
          "cannot copy what the virtual machine wrote: " + failures.getFirst().getMessage(),
          failures.getFirst());
    }
    for (String folder : opaque) {
      try (FileTreeNode node = target.node(folder)) {
        node.setAttribute(OPAQUE, new byte[] {'y'});
      }
    }
  }

  private static void join(Thread thread) throws IOException {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while files were read", e);
    }
  }

  private void read(PipedOutputStream out, List<Exception> failures) {
    try (out) {
      TarWriter tar = new TarWriter(out);
      tree.send(
          "/",
          content ? TreeWire.CONTENT_TOO : 0,
          GuestFiles.MOST_FILES,
          (node, bytes) -> write(tar, node, bytes));
      tar.finish();
    } catch (IOException | RuntimeException e) {
      failures.add(e);
    }
  }

  private void write(TarWriter tar, GuestNode node, InputStream bytes) throws IOException {
    Optional<TarEntry.Type> type = node.archived();
    if (type.isEmpty()) {
      return;
    }
    String name = node.name().isEmpty() ? "." : node.name();
    if (node.isDirectory() && node.attributes().containsKey(OPAQUE)) {
      opaque.add(node.name());
    }
    if (type.get() == TarEntry.Type.FILE && node.links() > 1) {
      String first = linked.putIfAbsent(node.inode(), name);
      if (first != null) {
        tar.write(
            new TarEntry(
                name,
                TarEntry.Type.HARD_LINK,
                first,
                0,
                0,
                0,
                0,
                List.of(),
                node.modified(),
                Optional.empty(),
                0,
                0,
                Map.of()),
            InputStream.nullInputStream());
        return;
      }
    }
    Map<String, byte[]> attributes = new TreeMap<>(node.attributes());
    attributes.remove(OPAQUE);
    tar.write(GuestExport.entry(name, type.get(), node, attributes), bytes);
  }
}
