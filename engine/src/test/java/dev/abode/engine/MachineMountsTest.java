package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.SharedImages;
import dev.abode.engine.testing.SharedKernel;
import dev.abode.engine.testing.TestEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Folders and volumes of the host in virtual machines. */
@Tag("slow")
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(180)
class MachineMountsTest {
  @TempDir static Path folder;
  private TestEngine test;
  private Engine engine;
  private String alpine;

  @BeforeAll
  void open() throws Exception {
    test = TestEngine.open();
    SharedKernel.provide(test.root().resolve("machines/kernels"));
    engine = test.engine();
    alpine = SharedImages.loadAlpine(engine.images());
  }

  @AfterEach
  void removeAll() throws Exception {
    test.removeAll();
  }

  @AfterAll
  void close() throws Exception {
    test.close();
  }

  private InstanceSpecBuilder waiting(Isolation isolation, List<MountSpec> mounts) {
    return InstanceSpec.builder(alpine)
        .isolation(isolation)
        .network(new NetworkMode.None())
        .mounts(mounts)
        .command(List.of("sh", "-c", "while :; do sleep 1; done"));
  }

  private Instance run(InstanceSpecBuilder spec) throws Exception {
    Instance instance = engine.create(spec.build());
    instance.start();
    return instance;
  }

  private static String exec(Instance instance, String line) throws Exception {
    Exec exec = instance.exec(ExecSpec.of("sh", "-c", line));
    try (Attachment output = exec.start()) {
      return TestEngine.read(output);
    }
  }

  private static MountSpec bind(Path source, String target, boolean readOnly) {
    return new MountSpec.Bind(
        source.toString(), target, readOnly, false, false, PropagationMode.RPRIVATE, false);
  }

  private static MountSpec volume(Optional<String> subpath, String target) {
    return new MountSpec.Volume(Optional.of("shared"), target, false, true, subpath);
  }

  @Test
  void foldersFilesAndVolumesAreTheHosts() throws Exception {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.writeString(in.resolve("a"), "of the host\n");
    Path one = Files.writeString(folder.resolve("one"), "alone\n");
    Instance flat = run(waiting(Isolation.CONTAINER, List.of(volume(Optional.empty(), "/vol"))));
    exec(flat, "mkdir /vol/part; echo by-flat > /vol/part/f");
    Instance house =
        run(
            waiting(
                Isolation.VM,
                List.of(
                    bind(in, "/in", false),
                    bind(in, "/ro", true),
                    bind(one, "/etc/one", true),
                    volume(Optional.empty(), "/vol"),
                    volume(Optional.of("part"), "/part"))));

    assertThat(exec(house, "cat /in/a /ro/a /etc/one /part/f"))
        .isEqualTo("of the host\nof the host\nalone\nby-flat\n");
    assertThat(exec(house, "echo x 2>&1 > /ro/x; echo y 2>&1 > /etc/one; ls /ro"))
        .contains("Read-only file system")
        .endsWith("a\n");
    exec(house, "echo back > /in/b; chown 12:34 /in/b; echo by-house > /vol/h");
    assertThat(in.resolve("b")).hasContent("back\n");
    assertThat(Files.getAttribute(in.resolve("b"), "unix:uid")).isEqualTo(12);
    assertThat(Files.getAttribute(in.resolve("b"), "unix:gid")).isEqualTo(34);
    assertThat(exec(flat, "cat /vol/h; echo again > /vol/h2")).isEqualTo("by-house\n");
    assertThat(exec(house, "cat /vol/h2")).isEqualTo("again\n");
    assertThat(exec(house, "ls -a /in/.. | grep -c of-host; cat /proc/mounts | grep -c virtiofs"))
        .isEqualTo("0\n5\n");

    house.kill("KILL");
    house.await(WaitCondition.NOT_RUNNING);
    assertThat(in.resolve("a")).hasContent("of the host\n");
    house.start();
    assertThat(exec(house, "cat /in/b")).isEqualTo("back\n");
  }
}
