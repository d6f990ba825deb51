package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShimTest {
  @TempDir Path folder;
  private ShimBinary binary;

  @BeforeEach
  void load() throws Exception {
    binary = ShimBinary.load();
  }

  @AfterEach
  void close() {
    binary.close();
  }

  @Test
  void passesOutputAndStatusOn() throws Exception {
    LaunchPlan plan =
        ContainerPlan.onHost(
            ContainerPlan.supervision(false, false), "sh", "-c", "echo out; echo err >&2; exit 7");
    Run run = Run.of(binary, plan, folder.resolve("s"));
    assertThat(run.output()).isEqualTo("out\n");
    assertThat(run.errors()).isEqualTo("err\n");
    assertThat(run.status()).isEqualTo(7);
    assertThat(folder.resolve("s")).doesNotExist();
  }

  @Test
  void runsInAllNamespaces() throws Exception {
    LaunchPlan plan =
        ContainerPlan.in(folder)
            .shell(
                "busybox id -u; busybox hostname; echo hi > /etc/hi; echo $$; busybox ls /proc/self/fd; busybox mount")
            .plan();
    Run run = Run.of(binary, plan, folder.resolve("s"));
    assertThat(run.failure()).isEmpty();
    assertThat(run.errors()).isEmpty();
    assertThat(ContainerPlan.in(folder).upper().resolve("etc/hi"))
        .hasContent("hi\n")
        .satisfies(file -> assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(0));
    assertThat(run.output()).startsWith("0\nabode\n1\n0\n1\n2\n3\n");
    assertThat(run.status()).isZero();
  }
}
