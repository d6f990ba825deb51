package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.engine.instance.Sharing;
import dev.abode.init.ShimBinary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** Containers of Alpine on the real kernel, one after the other. */
abstract class ContainerCase {

  static Path alpine = Path.of("/");
  static Path folder = Path.of("/");
  static Cgroups cgroups;
  static ShimBinary binary;
  static List<String> mountsBefore = List.of();

  @BeforeAll
  static void prepare() throws IOException, InterruptedException {
    alpine = Rootfs.alpine();
    folder = Files.createTempDirectory("abode-containers");
    cgroups = Cgroups.open();
    binary = ShimBinary.load();
    mountsBefore = Files.readAllLines(Path.of("/proc/self/mountinfo"));
  }

  @AfterEach
  void theHostsMountsAreAsBefore() throws IOException {
    assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo")))
        .filteredOn(line -> line.contains(folder.toString()) || line.contains(alpine.toString()))
        .isEmpty();
    assertThat(mountsBefore).isNotEmpty();
  }

  @AfterAll
  static void cleanUp() throws IOException, InterruptedException {
    cgroups.close();
    binary.close();
    Rootfs.delete(folder);
    Rootfs.delete(alpine);
  }

  static InstanceSpecBuilder shell(String script) {
    // One pipe for both streams, so that their order is that of the writes.
    return InstanceSpec.of("alpine", "sh", "-c", "exec 2>&1; " + script).toBuilder();
  }

  static Container.Result run(InstanceSpecBuilder spec) throws IOException {
    return run(spec.build());
  }

  static Container.Result run(InstanceSpec spec) throws IOException {
    try (Container container = create(spec)) {
      return container.run();
    }
  }

  static Container create(InstanceSpec spec) throws IOException {
    return Container.create(folder, cgroups, binary, alpine, spec);
  }

  /** The output of a script that must succeed. */
  static String sh(String script) throws IOException {
    Container.Result result = run(shell(script));
    assertThat(result.status()).as(result.output()).isZero();
    return result.output();
  }

  static Security security(
      boolean privileged,
      List<String> added,
      List<String> dropped,
      boolean noNewPrivileges,
      SeccompChoice seccomp,
      Map<String, String> sysctls) {
    return new Security(
        privileged,
        added,
        dropped,
        noNewPrivileges,
        seccomp,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        sysctls);
  }

  static final Sharing HOST_USERS =
      new Sharing(
          new Sharing.With.Nobody(),
          new Sharing.With.Nobody(),
          new Sharing.With.Nobody(),
          new Sharing.With.Host(),
          new Sharing.With.Nobody());
}
