package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.init.ShimBinary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a container sees and may do, asked from the inside on the real kernel. */
class ContainerWallsTest {
  private static Path alpine = Path.of("/");
  private static Path folder = Path.of("/");
  private static Cgroups cgroups;
  private static ShimBinary binary;

  @BeforeAll
  static void prepare() throws IOException, InterruptedException {
    alpine = Rootfs.alpine();
    folder = Files.createTempDirectory("abode-walls");
    cgroups = Cgroups.open();
    binary = ShimBinary.load();
  }

  @AfterAll
  static void cleanUp() throws IOException, InterruptedException {
    cgroups.close();
    binary.close();
    Rootfs.delete(folder);
    Rootfs.delete(alpine);
  }

  private static Container.Result sh(String script) throws IOException {
    return run(InstanceSpec.of("alpine", "sh", "-c", script));
  }

  private static Container.Result run(InstanceSpec spec) throws IOException {
    try (Container container = Container.create(folder, cgroups, binary, alpine, spec)) {
      return container.run();
    }
  }

  @Test
  void runsAProgramOfTheImageAsRootOfItsOwnIds() throws IOException {
    Container.Result result = sh("id -u; cat /proc/self/uid_map; hostname");
    assertThat(result.status()).isZero();
    assertThat(result.output().lines().map(l -> l.strip().replaceAll(" +", " ")))
        .contains("0", "0 700000 65536");
  }
}
