package dev.abode.engine.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.LimitsOf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class QemuCommandTest {
  private static final MachineShape SHAPE = new MachineShape(256L << 20, 2);

  private static List<String> line(Acceleration acceleration, List<MachineDisk> disks) {
    return QemuCommand.of(
        "/usr/bin/qemu",
        acceleration,
        SHAPE,
        "/k",
        "/i",
        new MachineContent.Empty(),
        disks,
        List.of(),
        List.of());
  }

  private static String after(List<String> line, String option) {
    return line.get(line.indexOf(option) + 1);
  }

  @Test
  void nothingIsThereThatIsNotNamed() {
    List<String> line = line(Acceleration.EMULATION, List.of());

    assertThat(line)
        .startsWith("/usr/bin/qemu")
        .contains("-nodefaults", "-no-user-config", "-no-reboot")
        .doesNotContain("-netdev", "-nic", "-monitor", "-vnc");
    assertThat(after(line, "-sandbox"))
        .isEqualTo("on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    assertThat(after(line, "-m")).isEqualTo("256M");
    assertThat(after(line, "-smp")).isEqualTo("2");
  }

  @Test
  void aNetworkCardIsTheOtherEndOfATapThatIsThere() {
    List<String> line =
        QemuCommand.of(
            "/usr/bin/qemu",
            Acceleration.EMULATION,
            SHAPE,
            "/k",
            "/i",
            new MachineContent.Empty(),
            List.of(),
            List.of(new CardPlace(0, "tap.eth0"), new CardPlace(2, "tap.eth1")),
            List.of());

    assertThat(after(line, "-netdev"))
        .isEqualTo("tap,id=net.eth0,ifname=tap.eth0,script=no,downscript=no,vhost=off");
    assertThat(line)
        .anyMatch(
            device ->
                device.startsWith(
                        "virtio-net-pci,id=card.eth0,netdev=net.eth0,mac=52:54:00:ab:0d:00,romfile=,")
                    && device.endsWith(",bus=cards,addr=0"))
        .anyMatch(device -> device.contains("card.eth1") && device.endsWith(",addr=2"));
  }

  @Test
  void theFormatOfEveryDiskIsSaidAndNeverProbed() {
    List<String> line =
        line(
            Acceleration.EMULATION,
            List.of(
                new MachineDisk("layer-0", Path.of("/disks/layer-0"), true),
                new MachineDisk("disk", Path.of("/disks/a,b"), false)));

    List<String> disks = line.stream().filter(argument -> argument.startsWith("driver=")).toList();
    assertThat(disks).hasSize(2).allMatch(disk -> disk.startsWith("driver=raw,"));
    assertThat(disks.get(0)).contains("read-only=on");
    assertThat(disks.get(1)).contains("file.filename=/disks/a,,b").doesNotContain("read-only");
  }

  @Test
  void asManyLayersFitAsAnImageMayHave() {
    List<MachineDisk> disks = new ArrayList<>();
    for (int i = 0; i < 128; i++) {
      disks.add(new MachineDisk("layer-" + i, Path.of("/disks/layer-" + i), true));
    }

    List<String> line = line(Acceleration.EMULATION, disks);

    List<String> addresses =
        line.stream()
            .filter(argument -> argument.startsWith("virtio-blk-pci"))
            .map(argument -> argument.replaceAll(".*addr=([0-9a-f.]+).*", "$1"))
            .toList();
    assertThat(addresses).doesNotHaveDuplicates().startsWith("8.0", "8.1").hasSize(128);
    assertThatThrownBy(
            () -> line(Acceleration.EMULATION, Collections.nCopies(185, disks.getFirst())))
        .hasMessage("185 disks do not fit into a machine");
  }

  @Test
  void aGuestIsNotToldToLeaveOutMitigationsOnARealProcessor() {
    assertThat(after(line(Acceleration.KVM, List.of()), "-append"))
        .doesNotContain("mitigations")
        .doesNotContain("tsc=");
    assertThat(after(line(Acceleration.EMULATION, List.of()), "-append"))
        .contains("mitigations=off");
  }

  @Test
  void aMachineIsAsLargeAsTheLimitsSay() {
    assertThat(MachineShape.of(LimitsOf.memory(64L << 20)))
        .isEqualTo(new MachineShape((64L << 20) + MachineShape.KERNEL_BYTES, 1));
    assertThat(MachineShape.of(LimitsOf.memory((64L << 20) + 1)).memoryBytes())
        .isEqualTo((65L << 20) + MachineShape.KERNEL_BYTES);
    assertThat(MachineShape.of(LimitsOf.cpuNanos(1_500_000_000L)).cpus()).isEqualTo(2);
    assertThat(MachineShape.of(LimitsOf.cpuNanos(500_000_000L)).cpus()).isEqualTo(1);
  }

  @Test
  void versionsAreReadAndOldOnesRefused() {
    assertThat(
            Hypervisors.version(
                "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright"))
        .isEqualTo("7.2.22");
    assertThatThrownBy(() -> Hypervisors.version("QEMU emulator version 6.0.1"))
        .isInstanceOf(EngineException.class)
        .hasMessage("virtual machines need QEMU 7.2 or newer, and this is 6.0.1");
  }

  @Test
  void librariesAreFoundWhereTheLinkerFindsThem() {
    String output =
        """
        \tlinux-vdso.so.1 (0x00007ffd)
        \tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f01)
        \tlibp.so => /usr/lib/x86_64-linux-gnu/deep/libp.so (0x00007f02)
        \t/lib64/ld-linux-x86-64.so.2 (0x00007f03)
        """;

    assertThat(Hypervisors.libraries(output))
        .containsExactly(
            Path.of("/lib64"),
            Path.of("/lib/x86_64-linux-gnu"),
            Path.of("/usr/lib/x86_64-linux-gnu/deep"));
  }
}
