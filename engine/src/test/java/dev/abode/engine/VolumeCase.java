package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.VolumeInfo;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.EngineCase;
import dev.abode.engine.testing.TestEngine;
import dev.abode.engine.volume.MountPoints;
import dev.abode.image.Reference;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** An engine with an image that declares a volume; no test leaves a volume or a mount. */
abstract class VolumeCase extends EngineCase {

  /** Alpine with a VOLUME that has owners, modes, links, holes and a link that leads out. */
  String declaring;

  @BeforeAll
  void open() throws Exception {
    Instance author =
        engine.create(
            shell(
                    "mkdir -p /d/sub && chown 33:44 /d && chmod 1770 /d && echo one >/d/sub/file"
                        + " && chmod 4751 /d/sub/file && chown 7:8 /d/sub/file && chmod 4751"
                        + " /d/sub/file && ln /d/sub/file /d/again && ln -s /etc/passwd /d/out &&"
                        + " truncate -s 64M /d/hole && mkfifo /d/pipe && ln -s /d /link && stat -c"
                        + " %s /d/hole")
                .build());
    author.start();
    assertThat(author.await(WaitCondition.NOT_RUNNING).exitCode()).isZero();
    assertThat(TestEngine.log(author)).isEqualTo("67108864\n");
    declaring = "declaring:latest";
    author.commit(
        Optional.of(Reference.parse(declaring)),
        "",
        "",
        List.of("VOLUME [\"/d\", \"/../../../fresh\"]"),
        false);
  }

  @AfterEach
  void removeAll() throws Exception {
    test.removeAll();
    for (VolumeInfo volume : engine.volumes().list()) {
      engine.volumes().remove(volume.name());
    }
    assertThat(MountPoints.within(test.root())).isEmpty();
    awaitNoLoopDevices();
  }

  /** Mount namespaces that were copied while something was mounted may hold it a little longer. */
  void awaitNoLoopDevices() throws Exception {
    Eventually.until("no loop device is left", () -> loopFilesBelow(test.root()).isEmpty());
  }

  static List<String> loopFilesBelow(Path root) throws IOException {
    try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
      return devices
          .map(device -> device.resolve("loop/backing_file"))
          .filter(Files::exists)
          .map(VolumeCase::read)
          .filter(file -> file.startsWith(root.toString()))
          .toList();
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException gone) {
      return "";
    }
  }

  static MountSpec volume(String name, String target) {
    return new MountSpec.Volume(Optional.of(name), target, false, false, Optional.empty());
  }

  MountSpec volumeOf(String name) {
    return volume(name, "/d");
  }

  Instance started(InstanceSpecBuilder spec) throws Exception {
    Instance instance = engine.create(spec.build());
    instance.start();
    return instance;
  }

  /** What a shell prints that has these mounts. */
  String printed(String line, MountSpec... mounts) throws Exception {
    return printed(shell(line).mounts(Arrays.asList(mounts)));
  }

  String printed(InstanceSpecBuilder spec) throws Exception {
    Instance instance = started(spec);
    instance.await(WaitCondition.NOT_RUNNING);
    String log = TestEngine.log(instance);
    instance.remove(false, false);
    return log;
  }
}
