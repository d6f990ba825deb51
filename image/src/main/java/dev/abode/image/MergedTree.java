package dev.abode.image;

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

  /**
   * The content of a regular file; empty when there is none by that name.
   *
   * @param path absolute within the tree
   * @throws ImageException of kind EXHAUSTED when it has more than {@code maxBytes}
   */
  public Optional<byte[]> read(String path, int maxBytes) throws IOException {
    throw new UnsupportedOperationException("to come: " + path + maxBytes + layers);
  }

  /** The folder or file on the host that {@code path} resolves to, its last link followed. */
  public Optional<Path> find(String path) throws IOException {
    throw new UnsupportedOperationException("to come: " + path);
  }
}
