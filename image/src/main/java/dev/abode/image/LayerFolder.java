package dev.abode.image;

import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Unpacked layers: {@code layers/CHAIN/tree}, where CHAIN is the layer's chain ID (OCI image-spec
 * "Layer ChainID"), and beside the tree {@code layer.json} with its size. A layer is unpacked under
 * a temporary name, verified against its diff-ID, written to disk, and only then named: what has
 * its name is whole.
 */
final class LayerFolder {
  private static final String TEMPORARY = "new-";
  private static final String TREE = "tree";
  private static final String FACTS = "layer.json";

  /** Where an image without layers has its one; no chain ID is called so. */
  private static final String NOTHING = "nothing";

  private final Path folder;
  private final UnpackLimits limits;
  private final KeyedLocks<String> writers = new KeyedLocks<>();
  private final Pins<String> pins = new Pins<>();
  private final Map<String, Long> sizes = new ConcurrentHashMap<>();

  private LayerFolder(Path folder, UnpackLimits limits) {
    this.folder = folder;
    this.limits = limits;
  }

  /** Opens or makes the folder; layers that a dead process left half unpacked are removed. */
  static LayerFolder open(Path folder, UnpackLimits limits) throws IOException {
    DurableFiles.makePrivateFolder(folder);
    LayerFolder layers = new LayerFolder(folder, limits);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, TEMPORARY + "*")) {
      for (Path unfinished : left) {
        FileTree.delete(unfinished);
      }
    }
    return layers;
  }

  /** A layer in its place: its chain ID's hex digits, and the layers it lies on, lowest first. */
  record Chain(List<DiffId> diffIds) {
    Chain {
      diffIds = List.copyOf(diffIds);
    }

    DiffId top() {
      return diffIds.getLast();
    }

    /** The chain without its top; a chain has at least one layer. */
    Optional<Chain> below() {
      return diffIds.size() == 1
          ? Optional.empty()
          : Optional.of(new Chain(diffIds.subList(0, diffIds.size() - 1)));
    }

    /** Hex digits of the chain ID: the diff-ID of the lowest, then SHA-256 of "below top". */
    String hex() {
      String chain = diffIds.getFirst().toString();
      for (DiffId diffId : diffIds.subList(1, diffIds.size())) {
        chain =
            BlobFolder.digestOf((chain + " " + diffId).getBytes(StandardCharsets.UTF_8)).toString();
      }
      return chain.substring(chain.indexOf(':') + 1);
    }

    /** All chains of an image, the lowest first. */
    static List<Chain> of(List<DiffId> layers) {
      List<Chain> chains = new ArrayList<>();
      for (int i = 1; i <= layers.size(); i++) {
        chains.add(new Chain(layers.subList(0, i)));
      }
      return chains;
    }
  }

  /** Where the layer's files are, if it is unpacked. */
  Optional<Path> find(Chain chain) {
    Path tree = path(chain.hex());
    return Files.isDirectory(tree) ? Optional.of(tree) : Optional.empty();
  }

  /** A tree without files, for images without layers: what is stacked needs something below. */
  Path nothing() throws IOException {
    Path tree = path(NOTHING);
    DurableFiles.makePrivateFolder(folder.resolve(NOTHING));
    return Files.createDirectories(
        tree, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }

  private Path path(String hex) {
    return folder.resolve(hex).resolve(TREE);
  }

  /** What an unpacked layer's files hold, in bytes; empty when it is not unpacked. */
  Optional<Long> sizeBytes(Chain chain) {
    return size(chain.hex());
  }

  private Optional<Long> size(String hex) {
    Long known = sizes.get(hex);
    if (known != null) {
      return Optional.of(known);
    }
    try {
      JsonObject facts =
          JsonObject.parse(Files.readAllBytes(folder.resolve(hex).resolve(FACTS)), FACTS);
      Optional<Long> size = facts.number("sizeBytes");
      size.ifPresent(bytes -> sizes.put(hex, bytes));
      return size;
    } catch (IOException | ImageException e) {
      return Optional.empty();
    }
  }

  /** Keeps the layers an operation unpacks from garbage collection until an image has them. */
  Pins<String>.Lease lease() {
    return pins.lease();
  }

  /** Opens a packed layer. */
  @FunctionalInterface
  interface Source {
    InputStream open() throws IOException;
  }

  /**
   * Unpacks a layer unless it is there. Of several callers who want the same one, one works and the
   * others wait for it.
   *
   * @param packedBytes how large it is as stored, by which its unpacked size is bounded
   * @param below waits until all layers below are unpacked and gives their trees, the top one
   *     first; asked only when the layer leaves a folder undescribed
   */
  Path unpack(Chain chain, Source packed, long packedBytes, Below below) throws IOException {
    String hex = chain.hex();
    try (KeyedLocks.Held _ = writers.take(hex)) {
      if (Files.isDirectory(path(hex))) {
        return path(hex);
      }
      Path temporary = folder.resolve(TEMPORARY + UUID.randomUUID());
      try {
        DurableFiles.makePrivateFolder(temporary);
        fill(chain, temporary, packed, packedBytes, below);
        DurableFiles.move(temporary, folder.resolve(hex));
      } catch (IOException e) {
        discard(temporary, e);
        throw TreeArchive.translated(e);
      } catch (RuntimeException e) {
        discard(temporary, e);
        throw e;
      }
      return path(hex);
    }
  }

  /** The trees of the layers below one, top first. */
  @FunctionalInterface
  interface Below {
    List<Path> trees() throws IOException;
  }

  private static void discard(Path temporary, Exception cause) {
    try {
      FileTree.delete(temporary);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private void fill(Chain chain, Path temporary, Source packed, long packedBytes, Below below)
      throws IOException {
    Path target = temporary.resolve(TREE);
    Files.createDirectory(target);
    long size;
    try (FileTree tree = FileTree.open(target);
        InputStream source = packed.open();
        TreeWriter writer =
            new TreeWriter(tree, TreeWriter.Whiteouts.TRANSLATE, IdTranslation.NONE, limits)) {
      try (FileTreeNode root = tree.node("")) {
        root.chmod(0755);
      }
      MessageDigest hasher = BlobFolder.hasher(chain.top().digest().algorithm());
      InputStream unpacked =
          Compression.detect(new BufferedInputStream(source, 128 * 1024)).unpacked();
      long bound = Math.min(limits.bytesFor(packedBytes), UnpackLimits.room(target));
      InputStream buffered =
          new BufferedInputStream(
              new BoundedInput(new DigestInputStream(unpacked, hasher), () -> bound), 64 * 1024);
      TreeArchive.putAll(buffered, writer, limits);
      // The diff-ID is of the whole tar, padding behind the end marker included.
      buffered.transferTo(OutputStream.nullOutputStream());
      verify(chain.top(), hasher);
      writer.finish();
      List<EntryPath> implicit = writer.implicitFolders();
      List<Path> lower = implicit.isEmpty() ? List.of() : below.trees();
      if (!lower.isEmpty()) {
        try (LayerView view = LayerView.of(lower)) {
          new LayerFitting(tree, view).fit(implicit);
        }
      }
      size = writer.contentBytes();
      tree.syncFileSystem();
    }
    sizes.put(chain.hex(), size);
    DurableFiles.replace(
        temporary.resolve(FACTS),
        JsonObject.write(Map.of("diffId", chain.top().toString(), "sizeBytes", size)));
  }

  private static void verify(DiffId expected, MessageDigest hasher) {
    String hex = HexFormat.of().formatHex(hasher.digest());
    if (!hex.equals(expected.digest().hex())) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the layer unpacks to "
              + expected.digest().algorithm()
              + ":"
              + hex
              + " where the image's configuration says "
              + expected
              + ": one of them was replaced");
    }
  }

  /** All unpacked layers, by chain ID. */
  List<String> list() throws IOException {
    List<String> all = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder)) {
      for (Path each : folders) {
        String name = String.valueOf(each.getFileName());
        if (!name.startsWith(TEMPORARY) && !name.equals(NOTHING)) {
          all.add(name);
        }
      }
    }
    return all;
  }

  /** Bytes of all unpacked layers. */
  long totalBytes() throws IOException {
    long sum = 0;
    for (String hex : list()) {
      sum += size(hex).orElse(0L);
    }
    return sum;
  }

  /**
   * Removes the layers that are not among {@code kept}.
   *
   * @return the bytes given back
   */
  long collect(Set<String> kept) throws IOException {
    long reclaimed = 0;
    for (String hex : list()) {
      if (!kept.contains(hex)) {
        long size = size(hex).orElse(0L);
        // Renamed first, so that a dead process leaves no layer that looks whole.
        Path doomed = folder.resolve(TEMPORARY + UUID.randomUUID());
        if (pins.unlessPinned(hex, () -> Files.move(folder.resolve(hex), doomed))) {
          sizes.remove(hex);
          FileTree.delete(doomed);
          reclaimed += size;
        }
      }
    }
    return reclaimed;
  }

  /** A stream that tells how far it was read. */
  static final class Counting extends FilterInputStream {
    /** Told the number of bytes read so far. */
    interface Listener {
      void read(long bytes);
    }

    private final Listener listener;
    private long count;

    Counting(InputStream in, Listener listener) {
      super(in);
      this.listener = listener;
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      counted(b < 0 ? 0 : 1);
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int got = super.read(bytes, offset, length);
      counted(Math.max(0, got));
      return got;
    }

    private void counted(int more) {
      count += more;
      listener.read(count);
    }
  }
}
