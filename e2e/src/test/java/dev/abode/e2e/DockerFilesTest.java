package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.testing.Eventually;
import dev.abode.linux.testing.TestImages;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code cp}, {@code diff}, {@code commit}, {@code export}, {@code save}: files and images. */
@Tag("slow")
class DockerFilesTest {
  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void copiesBothWaysRunningOrNot(boolean running) throws Exception {
    Path folder = Files.createTempDirectory(engine.folder(), "cp-");
    Files.createDirectories(folder.resolve("tree/sub"));
    Files.writeString(folder.resolve("tree/sub/file"), "content");
    Files.createSymbolicLink(folder.resolve("tree/link"), Path.of("sub/file"));
    if (running) {
      engine.docker("run", "-d", "--name", "box", ALPINE, "sleep", "1000").ok();
    } else {
      engine.docker("create", "--name", "box", ALPINE, "sleep", "1000").ok();
    }
    engine.docker("cp", folder.resolve("tree").toString(), "box:/tmp").ok();
    engine.docker("cp", folder.resolve("tree/sub/file").toString(), "box:/tmp/renamed").ok();
    engine.docker("cp", "box:/tmp/tree", folder.resolve("back").toString()).ok();
    assertThat(folder.resolve("back/sub/file")).hasContent("content");
    assertThat(Files.readSymbolicLink(folder.resolve("back/link"))).hasToString("sub/file");
    engine.docker("cp", "box:/tmp/renamed", folder + "/").ok();
    assertThat(folder.resolve("renamed")).hasContent("content");
    engine.docker("cp", "box:/etc/os-release", folder.resolve("release").toString()).ok();
    assertThat(Files.exists(folder.resolve("release"), java.nio.file.LinkOption.NOFOLLOW_LINKS))
        .isTrue();
    assertThat(engine.docker("cp", "box:/no/such", folder.toString()).fails(1).err())
        .contains("Could not find the file /no/such in");
    assertThat(
            engine.docker("cp", folder.resolve("tree").toString(), "box:/no/such/").fails(1).err())
        .isNotBlank();
    byte[] tar = engine.docker("cp", "box:/tmp/tree", "-").ok().rawOut();
    engine.docker("exec", "box", "true").run();
    engine.docker("cp", "-", "box:/var").input(tar).ok();
    assertThat(engine.docker("cp", "box:/var/tree/sub/file", "-").ok().out()).contains("content");
    if (running) {
      assertThat(
              engine.docker("exec", "box", "stat", "-c", "%u %n", "/tmp/tree/sub/file").ok().text())
          .isEqualTo("0 /tmp/tree/sub/file");
    }
    assertThat(engine.docker("diff", "box").ok().lines())
        .contains("A /tmp/tree/sub/file", "A /tmp/renamed", "C /tmp")
        .noneMatch(line -> line.contains("/etc/") || line.contains("/proc"));
  }

  @Test
  void aReadOnlyRootTakesNoCopies() throws Exception {
    engine.docker("run", "-d", "--name", "box", "--read-only", ALPINE, "sleep", "1000").ok();
    Path file = Files.writeString(engine.folder().resolve("file"), "x");
    assertThat(engine.docker("cp", file.toString(), "box:/tmp").fails(1).err())
        .contains("container rootfs is marked read-only");
  }

  @Test
  void aCommittedContainerIsAnImageThatRunsLikeIt() throws Exception {
    engine
        .docker(
            "run",
            "--name",
            "box",
            "-e",
            "A=1",
            "-w",
            "/made",
            ALPINE,
            "sh",
            "-c",
            "echo kept >/kept; rm /etc/motd; cat /kept")
        .ok();
    assertThat(engine.docker("diff", "box").ok().lines())
        .containsExactlyInAnyOrder("C /etc", "D /etc/motd", "A /kept", "A /made");
    engine
        .docker(
            "commit",
            "-m",
            "why",
            "-a",
            "who",
            "-c",
            "ENV B=2",
            "-c",
            "CMD [\"sh\", \"-c\", \"cat /kept; echo $A$B; pwd; ls /etc/motd\"]",
            "box",
            "made:1")
        .ok();
    Command.Result run = engine.docker("run", "--rm", "made:1").fails(1);
    assertThat(run.out()).isEqualTo("kept\n12\n/made\n");
    assertThat(engine.docker("history", "--format", "{{.Comment}}", "made:1").ok().lines())
        .first()
        .isEqualTo("why");

    byte[] archive = engine.docker("save", "made:1").ok().rawOut();
    engine.docker("rmi", "made:1").ok();
    assertThat(engine.docker("load").input(archive).ok().text()).contains("made:1");
    assertThat(engine.docker("run", "--rm", "made:1").fails(1).out()).startsWith("kept\n12\n");
    engine.docker("rmi", "-f", "made:1").ok();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anExportIsARootFileSystemThatImports(boolean running) throws Exception {
    engine
        .docker(
            "run",
            "-d",
            "--name",
            "box",
            "--tmpfs",
            "/scratch",
            ALPINE,
            "sh",
            "-c",
            "echo own >/own; chown 12:34 /own; echo no >/scratch/no; sleep 1000")
        .ok();
    Eventually.until(
        "the file is written",
        () -> engine.docker("exec", "box", "cat", "/scratch/no").run().status() == 0);
    if (!running) {
      engine.docker("stop", "-t", "0", "box").ok();
    }
    byte[] tar = engine.docker("export", "box").ok().rawOut();
    engine.docker("import", "-c", "CMD [\"cat\", \"/own\"]", "-", "imported:1").input(tar).ok();
    assertThat(engine.docker("run", "--rm", "imported:1").ok().text()).isEqualTo("own");
    assertThat(
            engine
                .docker(
                    "run",
                    "--rm",
                    "imported:1",
                    "sh",
                    "-c",
                    "stat -c %u:%g /own; ls /scratch /proc | head -1")
                .ok()
                .lines()
                .getFirst())
        .isEqualTo("12:34");
    engine.docker("rmi", "imported:1").ok();
  }

  @Test
  void theAlpineOfItsPublisherImportsAndRuns() throws Exception {
    Path archive = TestImages.folder().resolve("rootfs/alpine-minirootfs-3.20.3-x86_64.tar.gz");
    engine.docker("import", archive.toString(), "alpine:3.20").ok();
    assertThat(
            engine.docker("run", "--rm", "alpine:3.20", "cat", "/etc/alpine-release").ok().text())
        .isEqualTo("3.20.3");
    engine.docker("rmi", "alpine:3.20").ok();
  }

  @Test
  void imagesOfAnotherArchitectureLoadAndSayWhyTheyDoNotRun() throws Exception {
    Path archives = TestImages.folder().resolve("docker-archive");
    for (String form : new String[] {"gzip", "zstd", "uncompressed"}) {
      String loaded =
          engine
              .docker("load", "-i", archives.resolve("test-oci-" + form + "-image.tar").toString())
              .ok()
              .text();
      String name = loaded.substring(loaded.indexOf(": ") + 2).lines().findFirst().orElseThrow();
      assertThat(engine.docker("run", "--rm", name, "true").run().err()).contains("platform");
    }
  }
}
