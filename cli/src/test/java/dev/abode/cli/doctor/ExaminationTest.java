package dev.abode.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts that lack something, made of files, and the host that the tests run on. */
class ExaminationTest {
  private static final Path ROOT = Path.of("/var/lib/abode");

  @TempDir private Path top = Path.of("/");

  private void file(String path, String content) throws IOException {
    Path file = top.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private Check check(String name) {
    return Examination.of(new Host(top), ROOT).stream()
        .filter(check -> check.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theHostOfTheTestsLacksNothingThatIsNeeded() {
    List<Check> checks = Examination.of(new Host(Path.of("/")), ROOT);
    assertThat(checks)
        .filteredOn(check -> check.verdict() == Check.Verdict.MISSING)
        .filteredOn(check -> !check.name().equals("overlayfs"))
        .isEmpty();
    assertThat(checks)
        .filteredOn(check -> check.verdict() != Check.Verdict.OK)
        .allSatisfy(check -> assertThat(check.mend()).isNotBlank());
  }

  @Test
  void anEmptyHostLacksMuchAndEveryLackCanBeMended() {
    List<Check> checks = Examination.of(new Host(top), ROOT);
    assertThat(checks)
        .filteredOn(check -> check.verdict() == Check.Verdict.MISSING)
        .extracting(Check::name)
        .contains("kernel", "namespaces", "system call filter", "control groups", "overlayfs");
    assertThat(checks)
        .filteredOn(check -> check.verdict() != Check.Verdict.OK)
        .allSatisfy(check -> assertThat(check.mend()).isNotBlank());
  }

  @Test
  void kernelsAreToldByWhatTheyCan() throws Exception {
    file("/proc/sys/kernel/osrelease", "5.4.0-1-amd64\n");
    assertThat(check("kernel").verdict()).isEqualTo(Check.Verdict.MISSING);
    file("/proc/sys/kernel/osrelease", "5.15.0\n");
    assertThat(check("kernel").verdict()).isEqualTo(Check.Verdict.WARN);
    file("/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
    assertThat(check("kernel").verdict()).isEqualTo(Check.Verdict.OK);
  }

  @Test
  void aCriuCountsWhenItWorks() throws Exception {
    assertThat(check("criu").found()).startsWith("criu is not installed");
    file("/usr/sbin/criu", "#!/bin/sh\necho 'Error (check.c:1): too old'; exit 1\n");
    assertThat(top.resolve("usr/sbin/criu").toFile().setExecutable(true)).isTrue();
    assertThat(check("criu").found())
        .startsWith("criu does not work on this kernel, /usr/sbin/criu says: too old:");
    file("/usr/sbin/criu", "#!/bin/sh\nexit 0\n");
    assertThat(check("criu").verdict()).isEqualTo(Check.Verdict.OK);
  }

  @Test
  void aLayoutOfControlGroupsIsRecognised() throws Exception {
    file("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    assertThat(check("control groups").found()).startsWith("v2, with");
    file("/sys/fs/cgroup/cgroup.controllers", "cpu pids\n");
    assertThat(check("control groups").found()).contains("without memory");
  }

  @Test
  void aRootFolderOnAnOverlayCannotWork() throws Exception {
    file("/proc/filesystems", "nodev\toverlay\n");
    file("/proc/self/mountinfo", "1 0 0:1 / / rw - overlay overlay rw\n");
    assertThat(check("overlayfs").verdict()).isEqualTo(Check.Verdict.MISSING);
    file(
        "/proc/self/mountinfo",
        "1 0 0:1 / / rw - overlay overlay rw\n2 1 8:1 / /var/lib rw - ext4 /dev/sda1 rw\n");
    assertThat(check("overlayfs").verdict()).isEqualTo(Check.Verdict.OK);
    file("/proc/sys/kernel/osrelease", "6.1.0\n");
    assertThat(check("id-mapped mounts").verdict()).isEqualTo(Check.Verdict.OK);
  }

  @Test
  void partsOfTheKernelCountAsModulesOrBuiltIn() throws Exception {
    file("/proc/sys/kernel/osrelease", "6.1.0\n");
    assertThat(check("networks").found()).contains("bridge", "veth", "nf_tables");
    file("/lib/modules/6.1.0/modules.dep", "kernel/net/bridge/bridge.ko: kernel/net/llc/llc.ko\n");
    file("/lib/modules/6.1.0/modules.builtin", "kernel/drivers/net/veth.ko\n");
    file("/proc/kallsyms", "0000000000000000 T nft_do_chain\n");
    assertThat(check("networks").verdict()).isEqualTo(Check.Verdict.OK);
  }

  @Test
  void kvmThatOpensAndBootsNothingIsToldFromOneThatWorks() throws Exception {
    assertThat(check("KVM").found()).contains("no /dev/kvm");
    file("/dev/kvm", "");
    assertThat(check("KVM").verdict()).isEqualTo(Check.Verdict.OK);
    file("/var/lib/abode/machines/acceleration", "host 6.1, QEMU 7.2, guest 6.1: EMULATION\n");
    assertThat(check("KVM").verdict()).isEqualTo(Check.Verdict.WARN);
    assertThat(check("KVM").mend()).contains("rm /var/lib/abode/machines/acceleration");
    file("/var/lib/abode/machines/acceleration", "host 6.1, QEMU 7.2, guest 6.1: KVM\n");
    assertThat(check("KVM").found()).contains("booted");
  }

  @Test
  void whatVirtualMachinesNeedBesideAHypervisorIsLookedFor() throws Exception {
    assertThat(check("guest kernel").verdict()).isEqualTo(Check.Verdict.WARN);
    file("/boot/vmlinuz-6.1.0-9-cloud-amd64", "");
    assertThat(check("guest kernel").verdict()).isEqualTo(Check.Verdict.OK);
    assertThat(check("shared folders").verdict()).isEqualTo(Check.Verdict.WARN);
    file("/usr/libexec/virtiofsd", "");
    assertThat(check("shared folders").verdict()).isEqualTo(Check.Verdict.OK);
  }
}
