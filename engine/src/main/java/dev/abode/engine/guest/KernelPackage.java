package dev.abode.engine.guest;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The kernels that distributions package for virtual machines, the leanest first. */
enum KernelPackage {
  DEBIAN("linux-image-cloud-amd64", "vmlinuz-*-cloud-amd64"),
  /** The one of its servers, whose modules are in a package of their own. */
  UBUNTU("linux-image-virtual", "vmlinuz-*-generic");

  private static final Tool APT_CACHE = new Tool("apt-cache", "apt");
  private static final Tool APT_GET = new Tool("apt-get", "apt");
  private static final Tool DPKG_DEB = new Tool("dpkg-deb", "dpkg");
  private static final Pattern DEPENDENCY =
      Pattern.compile("^\\s*Depends: (linux-(image|modules)-[0-9][0-9A-Za-z.+~-]*)$");

  /** Depends on the newest one. */
  private final String metaPackage;

  private final String images;

  KernelPackage(String metaPackage, String images) {
    this.metaPackage = metaPackage;
    this.images = images;
  }

  /** A glob for the names of its images in {@code /boot}. */
  String images() {
    return images;
  }

  /** The names of all meta packages, for a message. */
  static String names() {
    return Arrays.stream(values())
        .map(known -> known.metaPackage)
        .collect(Collectors.joining(" or "));
  }

  /**
   * Fetches the newest kernel that this host's distribution has for virtual machines, and unpacks
   * it. It is not installed.
   *
   * @param folder empty; gets {@code boot} and {@code lib/modules}
   * @throws EngineException UNAVAILABLE when the package lists know none; INTERNAL when it cannot
   *     be fetched
   */
  static void fetch(Path folder) throws IOException {
    List<String> names = newest();
    String what = "the guest's kernel " + names.getFirst();
    List<String> arguments = new ArrayList<>(List.of("-q", "download"));
    arguments.addAll(names);
    APT_GET.run(folder, "fetch " + what, arguments);
    try (DirectoryStream<Path> archives = Files.newDirectoryStream(folder, "*.deb")) {
      for (Path archive : archives) {
        DPKG_DEB.run("unpack " + what, List.of("-x", archive.toString(), folder.toString()));
        Files.delete(archive);
      }
    }
  }

  /** The package with the image, and those with its modules where they are apart. */
  private static List<String> newest() throws IOException {
    String purpose = "find the guest's kernel";
    List<String> known =
        APT_CACHE
            .run(purpose, List.of("search", "--names-only", "^linux-image-[a-z]+(-amd64)?$"))
            .lines()
            .map(line -> line.split(" ", 2)[0])
            .toList();
    for (KernelPackage each : values()) {
      if (known.contains(each.metaPackage)) {
        List<String> image = dependencies(purpose, each.metaPackage, "image");
        if (!image.isEmpty()) {
          List<String> names = new ArrayList<>(List.of(image.getFirst()));
          names.addAll(dependencies(purpose, image.getFirst(), "modules"));
          return names;
        }
      }
    }
    throw new EngineException(
        Kind.UNAVAILABLE, "the package lists of this host know no " + names());
  }

  private static List<String> dependencies(String purpose, String name, String kind)
      throws IOException {
    return APT_CACHE
        .run(purpose, List.of("depends", "--important", name))
        .lines()
        .map(DEPENDENCY::matcher)
        .filter(Matcher::matches)
        .filter(dependency -> dependency.group(2).equals(kind))
        .map(dependency -> dependency.group(1))
        .toList();
  }
}
