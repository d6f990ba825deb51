package dev.abode.engine.machine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.guest.GuestBoot;
import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds this host's hypervisor, once. Whether KVM can boot a guest is tried and not asked: there
 * are machines where it opens, says what it can do, and then runs nothing. What came of it is
 * remembered in a file for as long as the host's kernel, QEMU and the guest's kernel stay the same.
 *
 * <p>Safe for many threads.
 */
public final class Hypervisors {
  private static final Tool QEMU = new Tool("qemu-system-x86_64", "qemu-system-x86");
  private static final Tool LDD = new Tool("ldd", "libc-bin");
  private static final Pattern VERSION = Pattern.compile("version (\\d+)\\.(\\d+)(\\.\\d+)?");
  private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");
  private static final List<Path> FIRMWARE =
      List.of(
          Path.of("/usr/share/qemu"), Path.of("/usr/share/seabios"), Path.of("/usr/share/qboot"));

  /** Parts of QEMU that it loads when it needs them; the translator is one of them. */
  private static final List<Path> PLUG_INS =
      List.of(Path.of("/usr/lib/x86_64-linux-gnu/qemu"), Path.of("/usr/lib64/qemu"));

  /** The oldest release that this is tried with. */
  private static final int MAJOR = 7;

  private static final int MINOR = 2;

  private final Path memory;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<Hypervisor> found = Optional.empty();

  /**
   * @param memory the file that says what came of trying KVM
   */
  public Hypervisors(Path memory) {
    this.memory = memory;
  }

  /** What was found, if anything was looked for yet. */
  public Optional<Hypervisor> known() {
    lock.lock();
    try {
      return found;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The hypervisor, looked for if it was not yet.
   *
   * @param boot a kernel to try KVM with
   * @throws EngineException UNSUPPORTED when QEMU is missing or too old
   */
  public Hypervisor find(GuestBoot boot) throws IOException {
    lock.lock();
    try {
      if (found.isEmpty()) {
        found = Optional.of(look(boot));
      }
      return found.get();
    } finally {
      lock.unlock();
    }
  }

  private Hypervisor look(GuestBoot boot) throws IOException {
    Path program = QEMU.require("run a virtual machine");
    String version = version(QEMU.run("run a virtual machine", List.of("--version")));
    List<Path> libraries =
        new ArrayList<>(
            libraries(LDD.run("find the libraries of QEMU", List.of(program.toString()))));
    PLUG_INS.stream().filter(Files::isDirectory).forEach(libraries::add);
    return new Hypervisor(
        program,
        version,
        acceleration(program, version, boot),
        libraries,
        FIRMWARE.stream().filter(Files::isDirectory).toList());
  }

  static String version(String output) {
    Matcher matcher = VERSION.matcher(output);
    if (!matcher.find()) {
      throw new EngineException(
          Kind.UNSUPPORTED, "QEMU does not say its version, but: " + output.strip());
    }
    int major = Integer.parseInt(matcher.group(1));
    int minor = Integer.parseInt(matcher.group(2));
    String version = matcher.group().substring("version ".length());
    if (major < MAJOR || (major == MAJOR && minor < MINOR)) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "virtual machines need QEMU "
              + MAJOR
              + "."
              + MINOR
              + " or newer, and this is "
              + version);
    }
    return version;
  }

  /** The folders of all libraries that {@code ldd} lists. */
  static List<Path> libraries(String output) {
    Set<Path> folders = new LinkedHashSet<>();
    Matcher matcher = LIBRARY.matcher(output);
    while (matcher.find()) {
      folders.add(Path.of(matcher.group(1)).getParent());
    }
    List<Path> sorted = new ArrayList<>(folders);
    sorted.sort((a, b) -> Integer.compare(a.getNameCount(), b.getNameCount()));
    return sorted;
  }

  private Acceleration acceleration(Path program, String version, GuestBoot boot)
      throws IOException {
    if (!Files.isWritable(Path.of("/dev/kvm"))) {
      return Acceleration.EMULATION;
    }
    String host = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
    String question = "host " + host + ", QEMU " + version + ", guest " + boot.release() + ": ";
    Optional<Acceleration> remembered = remembered(question);
    if (remembered.isPresent()) {
      return remembered.get();
    }
    Acceleration found =
        KvmTrial.boots(program, boot.kernel()) ? Acceleration.KVM : Acceleration.EMULATION;
    Path next = memory.resolveSibling(memory.getFileName() + ".new");
    Files.writeString(next, question + found.name() + "\n");
    Files.move(next, memory, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return found;
  }

  private Optional<Acceleration> remembered(String question) throws IOException {
    String line;
    try {
      line = Files.readString(memory).strip();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    for (Acceleration acceleration : Acceleration.values()) {
      if (line.equals(question + acceleration.name())) {
        return Optional.of(acceleration);
      }
    }
    return Optional.empty();
  }
}
