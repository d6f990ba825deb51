package dev.abode.image;

import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Fits a layer to the layers below it where the layer says nothing about its own folders: tools
 * that write only files leave it to the reader what the folders around them are.
 *
 * <p>overlayfs shows a merged folder with the mode and owner of the top one, so an undescribed
 * folder gets its looks from below: {@code /tmp} must stay open to all because some layer puts a
 * file there. And where there is a link below, as {@code /lib} to {@code usr/lib}, a folder of that
 * name would hide all that is behind it: what the layer has goes to where the link leads.
 */
final class LayerFitting {
  private final FileTree layer;
  private final LayerView below;
  private final List<Move> moves = new ArrayList<>();

  private record Move(EntryPath from, EntryPath to) {}

  LayerFitting(FileTree layer, LayerView below) {
    this.layer = layer;
    this.below = below;
  }

  /**
   * @param undescribed folders of the layer, each after those it is in
   */
  void fit(List<EntryPath> undescribed) throws IOException {
    for (EntryPath folder : undescribed) {
      EntryPath path = moved(folder);
      Optional<LayerView.Found> model = below.look(path);
      if (model.isEmpty()) {
        continue;
      }
      switch (model.get().status().kind()) {
        case DIRECTORY -> looks(path, model.get());
        case SYMBOLIC_LINK -> {
          Optional<LayerView.Found> target = below.resolve(path.toString());
          if (target.isPresent()
              && target.get().status().isDirectory()
              && !startsWith(target.get().path(), path)) {
            move(path, target.get());
          }
        }
        case REGULAR, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> {}
      }
    }
  }

  private EntryPath moved(EntryPath path) {
    EntryPath at = path;
    for (Move move : moves) {
      if (startsWith(at, move.from())) {
        List<String> names = new ArrayList<>(move.to().names());
        names.addAll(at.names().subList(move.from().depth(), at.depth()));
        at = new EntryPath(names);
      }
    }
    return at;
  }

  private static boolean startsWith(EntryPath path, EntryPath prefix) {
    return path.depth() >= prefix.depth()
        && path.names().subList(0, prefix.depth()).equals(prefix.names());
  }

  private void move(EntryPath from, LayerView.Found target) throws IOException {
    EntryPath at = new EntryPath(List.of());
    for (String name : target.path().names()) {
      at = at.child(name);
      if (layer.statusWithoutLinks(at.toString()).isEmpty()) {
        layer.makeDirectory(at.toString(), 0755);
        Optional<LayerView.Found> model = below.look(at);
        if (model.isPresent()) {
          looks(at, model.get());
        }
      }
    }
    if (layer
        .statusWithoutLinks(target.path().toString())
        .filter(FileTreeStatus::isDirectory)
        .isEmpty()) {
      // The layer has something else where the link below leads; both cannot be had.
      return;
    }
    merge(from, target.path());
    moves.add(new Move(from, target.path()));
  }

  private void merge(EntryPath from, EntryPath to) throws IOException {
    for (String name : layer.list(from.toString())) {
      EntryPath source = from.child(name);
      EntryPath goal = to.child(name);
      boolean bothFolders = isFolder(source) && isFolder(goal);
      if (bothFolders) {
        merge(source, goal);
      } else {
        layer.deleteRecursively(goal.toString());
        layer.rename(source.toString(), goal.toString());
      }
    }
    layer.remove(from.toString());
  }

  private boolean isFolder(EntryPath path) throws IOException {
    return layer
        .statusWithoutLinks(path.toString())
        .filter(FileTreeStatus::isDirectory)
        .isPresent();
  }

  private void looks(EntryPath path, LayerView.Found model) throws IOException {
    if (!isFolder(path)) {
      return;
    }
    FileTreeStatus status = model.status();
    try (FileTreeNode node = layer.node(path.toString());
        FileTreeNode modelNode = model.node()) {
      node.chown(status.uid(), status.gid());
      node.chmod(status.permissions());
      for (Map.Entry<String, byte[]> attribute : modelNode.attributes().entrySet()) {
        if (!attribute.getKey().startsWith("trusted.overlay.")) {
          node.setAttribute(attribute.getKey(), attribute.getValue());
        }
      }
      node.times(status.modified(), status.modified());
    }
  }
}
