package dev.abode.engine.guest;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.record.TreeDeletion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The kernels that guests boot, made ready once and kept.
 *
 * <pre>
 *   folder/package/             Debian's kernel package, unpacked, where the host has none
 *   folder/RELEASE-HASH/vmlinux the kernel proper
 *   folder/RELEASE-HASH/HASH.cpio  an initramfs, by the hash of what is in it
 * </pre>
 *
 * <p>Everything is made under another name and renamed when it is whole. Safe for many threads.
 */
public final class Kernels {
  private static final int HASH_DIGITS = 16;
  private static final Pattern CHOSEN =
      Pattern.compile("vmlinu[xz]-([0-9]{1,9}\\.[0-9]{1,9}[0-9A-Za-z.+~_-]*)");
  private static final long MOST_IMAGE_BYTES = 256L << 20;

  private final Path folder;
  private final Path hostRoot;
  private final byte[] program;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<GuestBoot> ready = Optional.empty();

  /**
   * @param folder of ours alone; made when it is first needed
   * @param program what {@code /init} of a guest is
   */
  public Kernels(Path folder, byte[] program) {
    this(folder, program, Path.of("/"));
  }

  Kernels(Path folder, byte[] program, Path hostRoot) {
    this.folder = folder;
    this.program = program.clone();
    this.hostRoot = hostRoot;
  }

  /** A kernel as a package ships it. */
  private record Shipped(String release, Path image, Path modules) {}

  /**
   * The kernel that guests boot when nothing else is asked for: the newest of the host's that its
   * distribution packages for virtual machines, or else that of the package, which is then fetched.
   *
   * @throws EngineException UNAVAILABLE when there is none and none can be fetched
   */
  public GuestBoot ready() throws IOException {
    lock.lock();
    try {
      if (ready.isEmpty()) {
        ready = Optional.of(prepare());
      }
      return ready.get();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A kernel of the caller's choice.
   *
   * @param image absolute, a bzImage or an ELF file that is called {@code vmlinuz-RELEASE} or
   *     {@code vmlinux-RELEASE}; the modules of that release are below {@code lib/modules} beside
   *     the folder that it is in, as in a package's {@code boot}, or on the host
   * @throws EngineException INVALID_ARGUMENT, saying what is missing
   */
  public GuestBoot chosen(Path image) throws IOException {
    String release = release(image);
    if (!Files.isRegularFile(image) || Files.size(image) > MOST_IMAGE_BYTES) {
      throw unusable(image, "there is no such file on the host, or it is larger than a kernel");
    }
    Path beside = image.resolve("../..").normalize();
    Path modules =
        Stream.of(beside, hostRoot)
            .flatMap(root -> modules(root, release).stream())
            .findFirst()
            .orElseThrow(
                () ->
                    unusable(
                        image,
                        "the modules that a guest needs are neither in "
                            + beside.resolve("lib/modules").resolve(release)
                            + " nor in /lib/modules"));
    lock.lock();
    try {
      Files.createDirectories(folder);
      return prepare(new Shipped(release, image, modules));
    } finally {
      lock.unlock();
    }
  }

  /** The release that a kernel's file is named after. */
  public static String release(Path image) {
    Matcher name = CHOSEN.matcher(String.valueOf(image.getFileName()));
    if (!image.isAbsolute() || !name.matches()) {
      throw unusable(image, "an absolute path to a vmlinuz-RELEASE or vmlinux-RELEASE is wanted");
    }
    return name.group(1);
  }

  private static EngineException unusable(Path image, String why) {
    return new EngineException(
        Kind.INVALID_ARGUMENT, "the kernel " + image + " cannot be booted: " + why);
  }

  private GuestBoot prepare() throws IOException {
    Files.createDirectories(folder);
    sweep();
    return prepare(shipped());
  }

  private GuestBoot prepare(Shipped shipped) throws IOException {
    Path home = folder.resolve(shipped.release() + "-" + hash(Files.readAllBytes(shipped.image())));
    Files.createDirectories(home);
    Path vmlinux = home.resolve("vmlinux");
    if (!Files.exists(vmlinux)) {
      Path unfinished = home.resolve("vmlinux.new");
      KernelImage.unpack(shipped.image(), unfinished);
      Files.move(unfinished, vmlinux, StandardCopyOption.ATOMIC_MOVE);
    }
    return new GuestBoot(
        shipped.release(),
        vmlinux,
        initramfs(shipped, home),
        KernelModules.apart(shipped.modules(), Initramfs.LATER));
  }

  private Path initramfs(Shipped shipped, Path home) throws IOException {
    String hash = hash(program, String.join(",", Initramfs.all()).getBytes(StandardCharsets.UTF_8));
    Path initramfs = home.resolve(hash + ".cpio");
    if (!Files.exists(initramfs)) {
      Map<String, byte[]> modules =
          KernelModules.in(shipped.modules(), home).closure(Initramfs.all());
      Path unfinished = home.resolve(hash + ".cpio.new");
      Initramfs.write(unfinished, program, modules);
      Files.move(unfinished, initramfs, StandardCopyOption.ATOMIC_MOVE);
    }
    return initramfs;
  }

  /** Takes away what a dead engine left half-made. */
  private void sweep() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "*.new")) {
      for (Path unfinished : left) {
        TreeDeletion.delete(unfinished);
      }
    }
  }

  private Shipped shipped() throws IOException {
    Path fetched = folder.resolve("package");
    Optional<Shipped> found = newest(hostRoot).or(() -> newest(fetched));
    if (found.isPresent()) {
      return found.get();
    }
    fetch(fetched);
    return newest(fetched)
        .orElseThrow(
            () ->
                new EngineException(
                    Kind.UNAVAILABLE,
                    "a package was fetched, but no kernel with its modules is in it; put one into"
                        + " /boot and /lib/modules by installing "
                        + KernelPackage.names()));
  }

  /** The newest kernel below {@code root} of which the modules are there as well. */
  private static Optional<Shipped> newest(Path root) {
    return Arrays.stream(KernelPackage.values())
        .flatMap(kind -> newest(root, kind).stream())
        .findFirst();
  }

  private static Optional<Shipped> newest(Path root, KernelPackage kind) {
    Path boot = root.resolve("boot");
    if (!Files.isDirectory(boot)) {
      return Optional.empty();
    }
    List<Shipped> found = new ArrayList<>();
    try (DirectoryStream<Path> images = Files.newDirectoryStream(boot, kind.images())) {
      for (Path image : images) {
        String release = image.getFileName().toString().substring("vmlinuz-".length());
        modules(root, release)
            .ifPresent(modules -> found.add(new Shipped(release, image, modules)));
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    return found.stream().max((a, b) -> compareReleases(a.release(), b.release()));
  }

  private static Optional<Path> modules(Path root, String release) {
    return Stream.of("lib/modules", "usr/lib/modules")
        .map(modules -> root.resolve(modules).resolve(release))
        .filter(modules -> Files.isDirectory(modules.resolve("kernel")))
        .findFirst();
  }

  /** By the numbers in them: 6.1.0-9 is older than 6.1.0-10. */
  static int compareReleases(String a, String b) {
    String[] left = a.split("[^0-9]+", -1);
    String[] right = b.split("[^0-9]+", -1);
    for (int i = 0; i < Math.min(left.length, right.length); i++) {
      int compared = Long.compare(number(left[i]), number(right[i]));
      if (compared != 0) {
        return compared;
      }
    }
    return a.compareTo(b);
  }

  private static long number(String digits) {
    return digits.isEmpty() || digits.length() > 18 ? 0 : Long.parseLong(digits);
  }

  private void fetch(Path to) throws IOException {
    Path unfinished = folder.resolve("package.new");
    Files.createDirectories(unfinished);
    try {
      KernelPackage.fetch(unfinished);
      Files.move(unfinished, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (EngineException e) {
      throw new EngineException(
          Kind.UNAVAILABLE,
          "no virtual machine can be booted without a kernel, the host has none in /boot, and"
              + " fetching one failed: "
              + e.getMessage()
              + "; run apt-get update, or install "
              + KernelPackage.names(),
          e);
    } finally {
      if (Files.exists(unfinished)) {
        TreeDeletion.delete(unfinished);
      }
    }
  }

  private static String hash(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, HASH_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
