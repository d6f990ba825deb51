package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.SecurityOf;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.MachineCase;
import dev.abode.engine.testing.SharedKernel;
import dev.abode.engine.testing.TarOf;
import dev.abode.engine.testing.TestEngine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a virtual machine has that no container has: a kernel, to use and to ruin. */
class OwnKernelTest extends MachineCase {
  @Override
  protected Limits limits() {
    return SMALL;
  }

  private static String ofHost(String file) throws Exception {
    return Files.readString(Path.of(file)).strip();
  }

  @Test
  void aWorkloadRunsOnAKernelOfItsOwn() throws Exception {
    Instance instance =
        run(shell("uname -r; cat /etc/hostname; id -u; echo err >&2; exit 3").hostname("house"));

    InstanceState state = instance.await(WaitCondition.NOT_RUNNING);

    assertThat(state.exitCode()).isEqualTo(3);
    assertThat(state.status()).isEqualTo(InstanceStatus.EXITED);
    assertThat(state.error()).isEmpty();
    assertThat(TestEngine.log(instance))
        .containsPattern("-(cloud-amd64|generic)\nhouse\n0\n")
        .contains("err\n")
        .doesNotContain(ofHost("/proc/sys/kernel/osrelease"));
  }

  @Test
  void modulesAreLoadedIntoItAndItsMessagesAreItsOwn() throws Exception {
    Instance instance = run(shell("sleep 1000").security(SecurityOf.privileged()));
    Path modules = SharedKernel.modules(test.root().resolve("machines/kernels"));
    Map<String, byte[]> module = Map.of("dummy.ko", module(modules.resolve("kernel/drivers/net")));
    instance.copyIn("/tmp", new ByteArrayInputStream(TarOf.files(module)), false, false);

    assertThat(
            printed(
                instance,
                "insmod /tmp/dummy.ko && ip link add d0 type dummy && ls /sys/module /sys/class/net"))
        .contains("dummy\n", "d0\n");

    assertThat(Path.of("/sys/class/net/d0")).doesNotExist();
    assertThat(printed(instance, "dmesg"))
        .contains("Linux version " + modules.getFileName())
        .doesNotContain("Linux version " + ofHost("/proc/sys/kernel/osrelease"));
  }

  /** A module for an interface that leads nowhere. Newer kernels compress theirs. */
  private static byte[] module(Path folder) throws IOException {
    Path plain = folder.resolve("dummy.ko");
    if (Files.exists(plain)) {
      return Files.readAllBytes(plain);
    }
    Path zstd = folder.resolve("dummy.ko.zst");
    if (Files.exists(zstd)) {
      try (InputStream in = new ZstdInputStreamNoFinalizer(Files.newInputStream(zstd))) {
        return in.readAllBytes();
      }
    }
    Process xz =
        new ProcessBuilder("xz", "--decompress", "--stdout", folder + "/dummy.ko.xz").start();
    return xz.getInputStream().readAllBytes();
  }

  @Test
  void aForkBombHarmsOnlyItself() throws Exception {
    Instance neighbour = run(shell("sleep 1000"));
    Instance bomb = run(shell("bomb() { bomb | bomb & }; echo lit; bomb; while :; do bomb; done"));
    TestEngine.awaitLine(bomb, "lit");
    assertThat(printed(neighbour, "echo well")).isEqualTo("well\n");

    bomb.kill("KILL");

    assertThat(bomb.await(WaitCondition.NOT_RUNNING).exitCode()).isEqualTo(137);
    assertThat(printed(neighbour, "echo well")).isEqualTo("well\n");
  }

  @Test
  void aPanicIsReportedForWhatItIs() throws Exception {
    Instance neighbour = run(shell("sleep 1000"));
    Instance instance =
        run(
            shell("echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger; sleep 100")
                .name("patient")
                .security(SecurityOf.privileged()));

    InstanceState state = instance.await(WaitCondition.NOT_RUNNING);

    assertThat(state.error()).contains("Kernel panic");
    assertThat(state.exitCode()).isEqualTo(255);
    assertThat(engine.diagnose("patient").findings())
        .anyMatch(finding -> finding.contains("Kernel panic"));
    assertThat(neighbour.exec(ExecSpec.of("true")).start().read()).isEmpty();
  }

  /** The same kernel with a byte more, so that it is another one. */
  @Test
  void anotherKernelIsBootedWhenAskedFor(@TempDir Path folder) throws Exception {
    Path kernels = test.root().resolve("machines/kernels");
    Path modules = SharedKernel.modules(kernels);
    String release = modules.getFileName().toString();
    Path image = Files.createDirectory(folder.resolve("boot")).resolve("vmlinuz-" + release);
    Path shipped = modules.resolve("../../../boot").resolve(image.getFileName());
    Files.copy(
        Files.exists(shipped)
            ? shipped
            : modules.resolve("../../../../boot").resolve(image.getFileName()),
        image);
    Files.write(image, new byte[1], StandardOpenOption.APPEND);
    Files.createSymbolicLink(
        Files.createDirectory(folder.resolve("lib")).resolve("modules"), modules.getParent());
    Instance instance = run(shell("uname -r").labels(Map.of("dev.abode.kernel", image.toString())));

    assertThat(instance.await(WaitCondition.NOT_RUNNING).exitCode()).isZero();

    assertThat(TestEngine.log(instance)).isEqualTo(release + "\n");
    try (Stream<Path> made = Files.list(kernels)) {
      assertThat(made.filter(home -> home.getFileName().toString().startsWith(release))).hasSize(2);
    }
    Instance none =
        engine.create(shell("true").labels(Map.of("dev.abode.kernel", "/no/vmlinuz-1.2")).build());
    assertThatThrownBy(none::start).hasMessageContaining("/no/vmlinuz-1.2 cannot be booted");
  }
}
