package dev.abode.image;

import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeFile;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The stacked view of layer folders without a mount: a path is looked up from the top layer down,
 * whiteouts (character device 0:0) and opaque folders ({@code trusted.overlay.opaque}) respected,
 * symbolic links followed within the tree only.
 */
public final class MergedTree {
  private final List<Path> layers;

  /**
   * @param layers folders, the top one first
   */
  public MergedTree(List<Path> layers) {
    this.layers = List.copyOf(layers);
  }

  /** The folders, the top one first. */
  public List<Path> layers() {
    return layers;
  }

  /**
   * The content of a regular file; empty when there is none by that name.
   *
   * @param path absolute within the tree
   * @throws ImageException of kind EXHAUSTED when it has more than {@code maxBytes}
   */
  public Optional<byte[]> read(String path, int maxBytes) throws IOException {
    try (LayerView view = LayerView.of(layers)) {
      Optional<LayerView.Found> found = view.resolve(path);
      if (found.isEmpty() || found.get().status().kind() != FileTreeStatus.Kind.REGULAR) {
        return Optional.empty();
      }
      try (FileTreeFile file = found.get().tree().read(found.get().path().toString())) {
        byte[] content = file.input(0).readNBytes(maxBytes + 1);
        if (content.length > maxBytes) {
          throw new ImageException(
              ImageException.Kind.EXHAUSTED,
              TreeWriter.shown(path)
                  + " is larger than the "
                  + maxBytes
                  + " bytes that are read of it");
        }
        return Optional.of(content);
      }
    }
  }

  /**
   * The folder or file on the host that {@code path} resolves to, its last link followed. Of a
   * folder in several layers it is the topmost.
   */
  public Optional<Path> find(String path) throws IOException {
    try (LayerView view = LayerView.of(layers)) {
      return view.resolve(path).map(view::host);
    }
  }

  /**
   * Whether {@code layer}, stacked on others, has a part in what one of {@code paths} shows, given
   * that no link leads there: something of that name, or something on the way that hides what is
   * below.
   */
  public static boolean hasPartIn(Path layer, List<String> paths) throws IOException {
    try (LayerView view = LayerView.of(List.of(layer))) {
      for (String path : paths) {
        if (view.hasPartIn(path)) {
          return true;
        }
      }
      return false;
    }
  }

  /** What {@code path} leads to, its last link followed; empty when there is nothing. */
  public Optional<FileTreeStatus> status(String path) throws IOException {
    try (LayerView view = LayerView.of(layers)) {
      return view.resolve(path).map(LayerView.Found::status);
    }
  }

  /**
   * Copies what is in the folder that {@code path} leads to into an empty folder, which takes the
   * owner, mode, times and attributes of the image's as well.
   *
   * @return false when {@code path} leads to no folder; then nothing is changed
   */
  public boolean copyFolder(String path, FileTree target) throws IOException {
    try (LayerView view = LayerView.of(layers)) {
      Optional<LayerView.Found> folder = view.resolve(path);
      if (folder.isEmpty() || !folder.get().status().isDirectory()) {
        return false;
      }
      new MergedCopy(view, target).folder(folder.get());
      return true;
    }
  }
}
