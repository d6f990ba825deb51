package dev.abode.cli.doctor;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What virtual machines need of a host; containers go without. */
final class MachineChecks {
  /** QEMU 7.2's own, and that of the package virtiofsd. */
  private static final List<String> SHARE_SERVERS =
      List.of("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd");

  private final Host host;
  private final Path root;

  private MachineChecks(Host host, Path root) {
    this.host = host;
    this.root = root;
  }

  static List<Check> of(Host host, Path root) {
    MachineChecks checks = new MachineChecks(host, root);
    return List.of(checks.kvm(), checks.qemu(), checks.guestKernel(), checks.sharedFolders());
  }

  private Check kvm() {
    if (!Files.isWritable(host.path("/dev/kvm"))) {
      return Check.warn(
          "KVM",
          "no /dev/kvm: virtual machines run in software, some ten times slower",
          "enable virtualization in the firmware, or nested virtualization where this is a"
              + " machine in a machine; modprobe kvm_intel or kvm_amd");
    }
    // There are hosts whose /dev/kvm opens and runs no guest, so an engine tries and writes it
    // down.
    Path verdict = root.resolve("machines/acceleration");
    String tried = host.text(verdict.toString());
    if (tried.endsWith(": EMULATION")) {
      return Check.warn(
          "KVM",
          "/dev/kvm opens, but booted no kernel when the engine tried: virtual machines run in"
              + " software, some ten times slower",
          "have the host of this machine allow nested virtualization, then rm "
              + verdict
              + ", so that it is tried again");
    }
    return Check.ok(
        "KVM",
        tried.endsWith(": KVM")
            ? "/dev/kvm is there, and a kernel booted under it"
            : "/dev/kvm is there; the first virtual machine will try it");
  }

  private Check qemu() {
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    String emulator = arm ? "qemu-system-aarch64" : "qemu-system-x86_64";
    return host.program(emulator)
        .map(found -> Check.ok("QEMU", found))
        .orElseGet(
            () ->
                Check.warn(
                    "QEMU",
                    "no " + emulator + ": no virtual machines",
                    "apt-get install qemu-system-" + (arm ? "arm" : "x86")));
  }

  private Check guestKernel() {
    if (hasEntry("/boot", "vmlinuz-*-{cloud-amd64,generic}")
        || hasEntry(root.resolve("machines/kernels").toString(), "*")) {
      return Check.ok("guest kernel", "there is one for virtual machines");
    }
    return host.program("apt-get").isPresent()
        ? Check.ok("guest kernel", "fetched by apt-get for the first virtual machine")
        : Check.warn(
            "guest kernel",
            "no kernel for guests in /boot, and no apt-get to fetch one: no virtual machines",
            "put the kernel of Debian's linux-image-cloud-amd64 or Ubuntu's linux-image-virtual"
                + " into /boot, and its modules into /lib/modules");
  }

  private boolean hasEntry(String folder, String glob) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(host.path(folder), glob)) {
      return entries.iterator().hasNext();
    } catch (IOException absent) {
      return false;
    }
  }

  private Check sharedFolders() {
    return SHARE_SERVERS.stream()
        .filter(host::has)
        .findFirst()
        .map(found -> Check.ok("shared folders", found + ", for virtual machines"))
        .orElseGet(
            () ->
                Check.warn(
                    "shared folders",
                    "neither "
                        + String.join(" nor ", SHARE_SERVERS)
                        + ": no folders and volumes of the host in virtual machines",
                    "apt-get install virtiofsd, or on Debian 12 qemu-system-common"));
  }
}
