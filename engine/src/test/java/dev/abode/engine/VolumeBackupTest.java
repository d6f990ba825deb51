package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The export and import of volumes. */
class VolumeBackupTest extends VolumeCase {

  @Test
  void isExportedAndImportedWhole() throws Exception {
    Instance author =
        engine.create(
            InstanceSpec.builder(declaring)
                .command(List.of("true"))
                .mounts(List.of(volumeOf("from")))
                .build());
    author.remove(false, true);
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    engine.volumes().exportContent("from", tar);
    // The hole of 64 MiB is not in it.
    assertThat(tar.size()).isLessThan(1 << 20);
    for (Map<String, String> options : List.of(Map.<String, String>of(), Map.of("size", "80M"))) {
      engine.volumes().create(Optional.of("to"), options, Map.of());
      printed("echo old >/v/old", volume("to", "/v"));
      engine.volumes().importContent("to", new ByteArrayInputStream(tar.toByteArray()));
      assertThat(
              printed(
                  "cd /v; ls -A; stat -c '%u:%g %a %h' . sub/file again; stat -c %s hole",
                  volume("to", "/v")))
          .isEqualTo(
              "again\nhole\nout\npipe\nsub\n33:44 1770 3\n7:8 4751 2\n7:8 4751 2\n67108864\n");
      engine.volumes().remove("to");
    }
  }

  @Test
  void aFailedImportChangesNothing() throws Exception {
    for (Map<String, String> options : List.of(Map.<String, String>of(), Map.of("size", "8M"))) {
      engine.volumes().create(Optional.of("safe"), options, Map.of());
      printed("echo old >/v/old", volume("safe", "/v"));
      byte[] damaged = new byte[4096];
      Arrays.fill(damaged, (byte) 'x');
      assertThatThrownBy(
              () -> engine.volumes().importContent("safe", new ByteArrayInputStream(damaged)))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("cannot import into volume safe");
      Instance user =
          started(shell("echo up; sleep 1000").name("user").mounts(List.of(volume("safe", "/v"))));
      assertThatThrownBy(
              () ->
                  engine.volumes().importContent("safe", new ByteArrayInputStream(new byte[1024])))
          .hasMessageContaining("in use by " + user.id() + " (user)");
      user.remove(true, false);
      assertThat(printed("cat /v/*", volume("safe", "/v"))).isEqualTo("old\n");
      assertThat(test.root().resolve("volumes/safe").toFile().list())
          .doesNotContain("import", "disk.import");
      engine.volumes().remove("safe");
    }
  }

  @Test
  void anImportThatDoesNotFitChangesNothing() throws Exception {
    printed("head -c 20m /dev/urandom >/v/big", volume("big", "/v"));
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    engine.volumes().exportContent("big", tar);
    engine.volumes().create(Optional.of("tight"), Map.of("size", "8M"), Map.of());
    printed("echo old >/v/old", volume("tight", "/v"));
    assertThatThrownBy(
            () ->
                engine
                    .volumes()
                    .importContent("tight", new ByteArrayInputStream(tar.toByteArray())))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("no space is left");
    assertThat(printed("cat /v/*", volume("tight", "/v"))).isEqualTo("old\n");
  }

  @Test
  void hostileArchivesStayInside() throws Exception {
    Path outside = Files.createDirectory(test.root().resolve("outside"));
    Path made = Files.createDirectory(test.root().resolve("made"));
    Path tar = made.resolve("x.tar");
    Files.createSymbolicLink(made.resolve("l"), outside);
    Files.writeString(made.resolve("f"), "evil");
    Process packing =
        new ProcessBuilder(
                "tar",
                "-C",
                made.toString(),
                "-P",
                "-cf",
                tar.toString(),
                "l",
                "--transform",
                "s,^f,l/pwned,",
                "f",
                "--transform",
                "s,^l/pwned,../../pwned,",
                "f")
            .inheritIO()
            .start();
    assertThat(packing.waitFor()).isZero();
    engine.volumes().create("hostile");
    try {
      engine.volumes().importContent("hostile", Files.newInputStream(tar));
    } catch (EngineException refused) {
      assertThat(refused).hasMessageContaining("cannot import");
    }
    assertThat(outside).isEmptyDirectory();
    assertThat(test.root().resolve("volumes/pwned")).doesNotExist();
    assertThat(test.root().resolve("pwned")).doesNotExist();
  }
}
