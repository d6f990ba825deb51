package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanEncoderTest {
  @TempDir Path folder;

  private static LaunchPlan executing(String... arguments) {
    return ContainerPlan.onHost(ContainerPlan.supervision(false, false), arguments);
  }

  @Test
  void refusesTextThatTheKernelWouldCut() {
    assertThatThrownBy(() -> PlanEncoder.encode(executing("echo", "a\0b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a NUL character in \"a\\0b\"");
  }

  @Test
  void refusesAPathThatIsTooLong() {
    LaunchPlan plan =
        new LaunchPlan(
            ContainerPlan.supervision(false, false),
            List.of(),
            Set.of(),
            List.of(),
            List.of(new Step.UseRoot("/" + "x".repeat(4095)), new Step.Hold()));
    assertThatThrownBy(() -> PlanEncoder.encode(plan))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4096 bytes");
  }

  @Test
  void keepsEachStringOnce() {
    int once = PlanEncoder.encode(executing("echo", "the same words")).limit();
    int twice = PlanEncoder.encode(executing("echo", "the same words", "the same words")).limit();
    assertThat(twice - once).isEqualTo(8);
  }

  /** The reader is the C program's own, with sanitizers, on a plan of every kind of step. */
  @Test
  @Tag("slow")
  void survivesRandomChangesInTheReader() throws Exception {
    ContainerPlan container = ContainerPlan.in(folder).shell("echo $0 $1");
    container.supervision =
        new Supervision(
            true,
            0,
            0,
            true,
            true,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new Remote.Machine(folder.resolve("console"), executing("true"), false)));
    container.before.add(new Step.AddAddress("eth0", InetAddress.ofLiteral("10.0.0.2"), 24));
    container.before.add(new Step.MakeFile(Step.Place.HOST, "/etc/hosts", "127.0.0.1 x", 0644));
    Path plan = folder.resolve("plan");
    byte[] bytes = Run.bytes(PlanEncoder.encode(container.plan()));
    Files.write(plan, bytes);
    URL fuzz = Objects.requireNonNull(getClass().getResource("plan-fuzz"));
    Process process =
        new ProcessBuilder(Path.of(fuzz.toURI()).toString(), plan.toString(), "60000", "20260101")
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).startsWith("accepted ");
  }
}
