package dev.abode.engine.guest;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The modules of one kernel, {@code lib/modules/RELEASE}. What a module needs is read from the
 * module itself ({@code depends=} in its {@code .modinfo} section), since a kernel package that was
 * unpacked and not installed has no {@code modules.dep}.
 */
final class KernelModules {
  private static final byte[] DEPENDS = "\0depends=".getBytes(StandardCharsets.US_ASCII);
  private static final String SUFFIX = "\\.ko(\\.(xz|zst|gz))?";

  private final Path scratch;
  private final Map<String, Path> files;
  private final Set<String> builtIn;

  private KernelModules(Path scratch, Map<String, Path> files, Set<String> builtIn) {
    this.scratch = scratch;
    this.files = files;
    this.builtIn = builtIn;
  }

  /**
   * Lists the modules below {@code folder}.
   *
   * @param scratch a folder for files that exist for a moment
   */
  static KernelModules in(Path folder, Path scratch) throws IOException {
    Map<String, Path> files = new HashMap<>();
    Path kernel = folder.resolve("kernel");
    if (Files.isDirectory(kernel)) {
      try (Stream<Path> all = Files.walk(kernel)) {
        all.filter(file -> file.getFileName().toString().matches(".*" + SUFFIX))
            .forEach(file -> files.put(name(file.getFileName().toString()), file));
      }
    }
    return new KernelModules(scratch, files, builtIn(folder.resolve("modules.builtin")));
  }

  /** Those of {@code modules} that the kernel of {@code folder} has not got in itself. */
  static List<String> apart(Path folder, List<String> modules) throws IOException {
    Set<String> builtIn = builtIn(folder.resolve("modules.builtin"));
    return modules.stream().filter(module -> !builtIn.contains(module)).toList();
  }

  private static Set<String> builtIn(Path list) throws IOException {
    Set<String> names = new HashSet<>();
    try {
      for (String line : Files.readAllLines(list)) {
        names.add(name(line.substring(line.lastIndexOf('/') + 1)));
      }
    } catch (NoSuchFileException e) {
      return Set.of();
    }
    return names;
  }

  /** A module's name as the kernel has it, which knows no hyphens. */
  private static String name(String file) {
    return file.strip().replaceFirst(SUFFIX + "$", "").replace('-', '_');
  }

  /**
   * The contents of {@code wanted} and of everything they need, in an order in which they can be
   * loaded, by name. What is built into the kernel is left out.
   *
   * @throws IOException naming a module that the kernel has in no form
   */
  Map<String, byte[]> closure(List<String> wanted) throws IOException {
    Map<String, byte[]> loaded = new LinkedHashMap<>();
    for (String module : wanted) {
      add(module, loaded, new HashSet<>());
    }
    return loaded;
  }

  private void add(String module, Map<String, byte[]> loaded, Set<String> above)
      throws IOException {
    if (loaded.containsKey(module) || builtIn.contains(module) || !above.add(module)) {
      return;
    }
    Path file = files.get(module);
    if (file == null) {
      throw new IOException("the kernel has no module " + module);
    }
    byte[] content = read(file);
    for (String needed : dependencies(content)) {
      add(needed, loaded, above);
    }
    loaded.put(module, content);
  }

  private byte[] read(Path file) throws IOException {
    byte[] raw = Files.readAllBytes(file);
    String name = file.getFileName().toString();
    if (name.endsWith(".zst")) {
      try (InputStream in = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(raw))) {
        return in.readAllBytes();
      }
    }
    if (name.endsWith(".gz")) {
      try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(raw))) {
        return in.readAllBytes();
      }
    }
    if (name.endsWith(".xz")) {
      ByteArrayOutputStream unpacked = new ByteArrayOutputStream();
      KernelImage.Xz.unpack(new ByteArrayInputStream(raw), scratch.resolve(name), unpacked);
      return unpacked.toByteArray();
    }
    return raw;
  }

  /** What a module says it needs: names with commas between. */
  static List<String> dependencies(byte[] module) {
    int at = indexOf(module, DEPENDS);
    if (at < 0) {
      return List.of();
    }
    int from = at + DEPENDS.length;
    int to = from;
    while (to < module.length && module[to] != 0) {
      to++;
    }
    List<String> names = new ArrayList<>();
    String list = new String(module, from, to - from, StandardCharsets.US_ASCII);
    for (String name : list.split(",", -1)) {
      if (!name.isEmpty()) {
        names.add(name(name));
      }
    }
    return names;
  }

  private static int indexOf(byte[] text, byte[] sought) {
    for (int at = 0; at <= text.length - sought.length; at++) {
      int same = 0;
      while (same < sought.length && text[at + same] == sought[same]) {
        same++;
      }
      if (same == sought.length) {
        return at;
      }
    }
    return -1;
  }
}
