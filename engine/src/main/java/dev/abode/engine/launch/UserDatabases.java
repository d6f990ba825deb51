package dev.abode.engine.launch;

import dev.abode.engine.container.UserDatabase;
import dev.abode.image.MergedTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The users and groups of instances, read without a mount. Nearly all instances have those of their
 * image, whose layers never change, so these are read once; safe for many threads.
 */
final class UserDatabases {
  private static final String PASSWD = "/etc/passwd";
  private static final String GROUP = "/etc/group";
  private static final int MAX_FILE_BYTES = 4 << 20;

  /** What is remembered is bounded by both; beyond, databases are read each time. */
  private static final int MAX_REMEMBERED_BYTES = 64 << 10;

  private static final int MAX_REMEMBERED = 64;

  private final Map<List<Path>, UserDatabase> ofImages = new ConcurrentHashMap<>();

  /**
   * The users and groups as they are now.
   *
   * @param upper what the instance itself has written; missing for one that is only thought of
   * @param layers of its image, the top one first
   */
  UserDatabase of(Path upper, List<Path> layers) throws IOException {
    UserDatabase known = ofImages.get(layers);
    boolean written = Files.isDirectory(upper);
    if (known != null && (!written || !MergedTree.hasPartIn(upper, List.of(PASSWD, GROUP)))) {
      return known;
    }
    List<Path> stacked = new ArrayList<>();
    if (written) {
      stacked.add(upper);
    }
    stacked.addAll(layers);
    if (known == null) {
      remember(layers);
    }
    return read(new MergedTree(stacked));
  }

  private static UserDatabase read(MergedTree tree) throws IOException {
    return new UserDatabase(content(tree, PASSWD), content(tree, GROUP));
  }

  private static byte[] content(MergedTree tree, String path) throws IOException {
    return tree.read(path, MAX_FILE_BYTES).orElse(new byte[0]);
  }

  private void remember(List<Path> layers) throws IOException {
    if (layers.isEmpty()) {
      return;
    }
    MergedTree image = new MergedTree(layers);
    if (!isPlain(image, PASSWD) || !isPlain(image, GROUP)) {
      return;
    }
    byte[] passwd = content(image, PASSWD);
    byte[] group = content(image, GROUP);
    if (passwd.length + group.length > MAX_REMEMBERED_BYTES) {
      return;
    }
    if (ofImages.size() >= MAX_REMEMBERED) {
      ofImages.clear();
    }
    ofImages.put(List.copyOf(layers), new UserDatabase(passwd, group));
  }

  /**
   * Whether no link leads there: through one, an instance could put another file in its place
   * without writing anything at the path itself.
   */
  private static boolean isPlain(MergedTree image, String path) throws IOException {
    Optional<Path> found = image.find(path);
    return found.isPresent()
        && image.layers().stream()
            .anyMatch(layer -> found.get().equals(layer.resolve(path.substring(1))));
  }
}
