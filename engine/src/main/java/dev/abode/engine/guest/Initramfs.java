package dev.abode.engine.guest;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The first root of a guest: our program as {@code /init}, the modules it loads at once, in the
 * order of {@code /modules/boot}, and the folders it mounts on. Not compressed: a guest under
 * software emulation would take longer to unpack it than its host's page cache to hand it over.
 */
public final class Initramfs {
  /** What every guest needs to find its disks, its agent's port and its network. */
  static final List<String> MODULES =
      List.of("virtio_pci", "virtio_console", "virtio_blk", "erofs", "overlay", "virtio_net");

  /** What only some guests need, in the order of loading. */
  static final List<String> LATER = List.of("fuse", "virtiofs");

  private static final List<String> FOLDERS =
      List.of("dev", "proc", "sys", "run", "modules", "disks", "layers", "disk", "root");

  private Initramfs() {}

  /** Where a module is in there. */
  public static String path(String module) {
    return "/modules/" + module + ".ko";
  }

  static List<String> all() {
    List<String> all = new ArrayList<>(MODULES);
    all.addAll(LATER);
    return all;
  }

  /**
   * Writes it.
   *
   * @param program the agent, a static executable
   * @param modules by name, in the order of loading; those of {@link #LATER} are not loaded
   */
  static void write(Path file, byte[] program, Map<String, byte[]> modules) throws IOException {
    try (OutputStream to = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      CpioArchive archive = new CpioArchive(to);
      for (String folder : FOLDERS) {
        archive.directory(folder, 0755);
      }
      // The kernel opens it for /init before anybody has mounted a devtmpfs.
      archive.characterDevice("dev/console", 0600, 5, 1);
      archive.file("init", 0755, program);
      StringBuilder order = new StringBuilder();
      for (Map.Entry<String, byte[]> module : modules.entrySet()) {
        String path = "modules/" + module.getKey() + ".ko";
        archive.file(path, 0644, module.getValue());
        if (!LATER.contains(module.getKey())) {
          order.append('/').append(path).append('\n');
        }
      }
      archive.file("modules/boot", 0644, order.toString().getBytes(StandardCharsets.US_ASCII));
      archive.finish();
    }
  }
}
