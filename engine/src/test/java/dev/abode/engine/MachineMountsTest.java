package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.MachineCase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders and volumes of the host in virtual machines. */
class MachineMountsTest extends MachineCase {
  @TempDir static Path folder;

  private InstanceSpecBuilder waiting(Isolation isolation, List<MountSpec> mounts) {
    return InstanceSpec.builder(alpine)
        .isolation(isolation)
        .network(new NetworkMode.None())
        .mounts(mounts)
        .command(List.of("sh", "-c", "while :; do sleep 1; done"));
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
    printed(flat, "mkdir /vol/part; echo by-flat > /vol/part/f");
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

    assertThat(printed(house, "cat /in/a /ro/a /etc/one /part/f"))
        .isEqualTo("of the host\nof the host\nalone\nby-flat\n");
    assertThat(printed(house, "echo x 2>&1 > /ro/x; echo y 2>&1 > /etc/one; ls /ro"))
        .contains("Read-only file system")
        .endsWith("a\n");
    printed(house, "echo back > /in/b; chown 12:34 /in/b; echo by-house > /vol/h");
    assertThat(in.resolve("b")).hasContent("back\n");
    assertThat(Files.getAttribute(in.resolve("b"), "unix:uid")).isEqualTo(12);
    assertThat(Files.getAttribute(in.resolve("b"), "unix:gid")).isEqualTo(34);
    assertThat(printed(flat, "cat /vol/h; echo again > /vol/h2")).isEqualTo("by-house\n");
    assertThat(printed(house, "cat /vol/h2")).isEqualTo("again\n");
    assertThat(
            printed(house, "ls -a /in/.. | grep -c of-host; cat /proc/mounts | grep -c virtiofs"))
        .isEqualTo("0\n5\n");

    house.kill("KILL");
    house.await(WaitCondition.NOT_RUNNING);
    assertThat(in.resolve("a")).hasContent("of the host\n");
    house.start();
    assertThat(printed(house, "cat /in/b")).isEqualTo("back\n");
  }
}
