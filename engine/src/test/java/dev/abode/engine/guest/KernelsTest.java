package dev.abode.engine.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.testing.SharedKernel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelsTest {
  private static final byte[] PROGRAM = "the agent".getBytes(UTF_8);

  @TempDir Path folder;

  @Test
  @Tag("slow")
  void theHostsOwnOrTheFetchedKernelIsMadeReadyOnce() throws IOException {
    SharedKernel.provide(folder);

    GuestBoot boot = new Kernels(folder, PROGRAM).ready();

    assertThat(boot.release()).matches("\\d+\\.\\d+\\..*-(cloud-amd64|generic)");
    assertThat(magic(boot.kernel())).isEqualTo(0x464C457F);
    assertThat(Files.size(boot.initramfs())).isGreaterThan(500_000);
    long made = Files.getLastModifiedTime(boot.kernel()).toMillis();
    GuestBoot again = new Kernels(folder, PROGRAM).ready();
    assertThat(again).isEqualTo(boot);
    assertThat(Files.getLastModifiedTime(again.kernel()).toMillis()).isEqualTo(made);
  }

  @Test
  @Tag("slow")
  void anotherAgentMeansAnotherInitramfsOfTheSameKernel() throws IOException {
    SharedKernel.provide(folder);
    GuestBoot boot = new Kernels(folder, PROGRAM).ready();

    GuestBoot other = new Kernels(folder, "a newer agent".getBytes(UTF_8)).ready();

    assertThat(other.kernel()).isEqualTo(boot.kernel());
    assertThat(other.initramfs()).isNotEqualTo(boot.initramfs()).exists();
  }

  @Test
  @Tag("slow")
  void modulesComeAfterWhatTheyNeed() throws IOException {
    SharedKernel.provide(folder);

    Map<String, byte[]> closure =
        KernelModules.in(SharedKernel.modules(folder), folder).closure(Initramfs.MODULES);

    List<String> order = List.copyOf(closure.keySet());
    for (Map.Entry<String, byte[]> module : closure.entrySet()) {
      for (String needed : KernelModules.dependencies(module.getValue())) {
        if (closure.containsKey(needed)) {
          assertThat(order.indexOf(needed)).isLessThan(order.indexOf(module.getKey()));
        }
      }
    }
    assertThat(order).contains("erofs", "overlay");
  }

  @Test
  void aModuleThatTheKernelLacksIsNamed() throws IOException {
    Files.createDirectories(folder.resolve("kernel"));

    assertThatThrownBy(() -> KernelModules.in(folder, folder).closure(List.of("flux_capacitor")))
        .hasMessage("the kernel has no module flux_capacitor");
  }

  @Test
  void whatIsBuiltInIsNotLoaded() throws IOException {
    Files.writeString(folder.resolve("modules.builtin"), "kernel/fs/ext4/ext4.ko\n");

    assertThat(KernelModules.in(folder, folder).closure(List.of("ext4"))).isEmpty();
    assertThat(KernelModules.apart(folder, List.of("fuse", "ext4", "virtiofs")))
        .containsExactly("fuse", "virtiofs");
  }

  @Test
  void aFileThatIsNoKernelIsRefused() throws IOException {
    Path image = Files.writeString(folder.resolve("image"), "x".repeat(1000));

    assertThatThrownBy(() -> KernelImage.unpack(image, folder.resolve("vmlinux")))
        .hasMessage(image + " is neither a bzImage nor an ELF file");
  }

  @Test
  void releasesAreOrderedByTheirNumbers() {
    assertThat(Kernels.compareReleases("6.1.0-9-cloud-amd64", "6.1.0-50-cloud-amd64")).isNegative();
    assertThat(Kernels.compareReleases("6.12.3-1-cloud-amd64", "6.1.0-50-cloud-amd64"))
        .isPositive();
  }

  private static int magic(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return ByteBuffer.wrap(in.readNBytes(4)).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }
  }
}
