package dev.abode.engine.launch;

import dev.abode.engine.container.UserDatabase;
import dev.abode.engine.filesystem.GuestFiles;
import dev.abode.image.MergedTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The users and groups of virtual machines. Those of the image are on the host; what a guest has
 * made of them is on its own disk, and told by the guest only.
 */
final class MachineUsers {
  private static final String PASSWD = "/etc/passwd";
  private static final String GROUP = "/etc/group";
  private static final int MAX_BYTES = 4 << 20;

  private MachineUsers() {}

  static UserDatabase ofImage(List<Path> layers) throws IOException {
    MergedTree tree = new MergedTree(layers);
    return database(tree.read(PASSWD, MAX_BYTES), tree.read(GROUP, MAX_BYTES));
  }

  /** As they are now, of a machine that runs. */
  static UserDatabase ofRunning(GuestFiles files) throws IOException {
    List<Optional<byte[]>> contents = files.contents(List.of(PASSWD, GROUP), MAX_BYTES);
    return database(contents.getFirst(), contents.getLast());
  }

  /** Whether {@code user[:group]} names anybody, so that it has to be looked up. */
  static boolean areNamed(String user) {
    return !user.matches("[0-9]*(:[0-9]*)?");
  }

  private static UserDatabase database(Optional<byte[]> passwd, Optional<byte[]> group) {
    return new UserDatabase(passwd.orElse(new byte[0]), group.orElse(new byte[0]));
  }
}
