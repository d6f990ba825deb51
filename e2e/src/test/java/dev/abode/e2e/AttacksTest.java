package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarLimits;
import dev.abode.image.tar.TarReader;
import dev.abode.image.tar.TarWriter;
import dev.abode.linux.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Hostile images and workloads. What counts is not what the client is told but that the host is as
 * it was: a folder that a link of the image names stays empty, a file stays as it is.
 */
@Tag("slow")
class AttacksTest {
  @RegisterExtension static final RunningEngine engine = RunningEngine.withHostileImages();

  private Path victim = Path.of("/");

  @BeforeEach
  void victim() throws Exception {
    victim = Files.createTempDirectory(engine.folder(), "victim-");
    Files.writeString(victim.resolve("file"), "of the host");
  }

  private void assertUnharmed() throws Exception {
    assertThat(victim.resolve("file")).hasContent("of the host");
    try (var all = Files.list(victim)) {
      assertThat(all).hasSize(1);
    }
    assertThat(Path.of("/dev/null")).exists();
    assertThat(Files.getAttribute(Path.of("/dev/null"), "unix:mode")).isEqualTo(0020666);
    assertThat(engine.docker("run", "--rm", ALPINE, "echo", "well").ok().text()).isEqualTo("well");
  }

  /** Alpine with {@code name} replaced by a symbolic link, imported as {@code hostile:1}. */
  private void importWithLink(String name, String target, String... changes) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(out);
    Path alpine = TestImages.folder().resolve("rootfs/alpine-minirootfs-3.20.3-x86_64.tar.gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(alpine))) {
      TarReader reader = new TarReader(in, TarLimits.DEFAULT);
      Optional<TarEntry> entry = reader.next();
      while (entry.isPresent()) {
        String path = entry.get().name().replaceFirst("^\\./", "").replaceFirst("/$", "");
        if (!path.equals(name) && !path.startsWith(name + "/")) {
          writer.write(entry.get(), reader.content());
        }
        entry = reader.next();
      }
    }
    writer.write(
        new TarEntry(
            name,
            TarEntry.Type.SYMBOLIC_LINK,
            target,
            0777,
            0,
            0,
            0,
            List.of(),
            Instant.EPOCH,
            Optional.empty(),
            0,
            0,
            Map.of()),
        InputStream.nullInputStream());
    writer.finish();
    List<String> words = new java.util.ArrayList<>(List.of("import"));
    for (String change : changes) {
      words.addAll(List.of("-c", change));
    }
    words.addAll(List.of("-", "hostile:1"));
    engine.docker(words.toArray(String[]::new)).input(out.toByteArray()).ok();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev", "proc", "sys", "etc", "tmp"})
  void aFolderOfOursThatTheImageMadeALink(String name) throws Exception {
    importWithLink(name, victim.toString());
    engine.docker("run", "--rm", "-v", "/tmp/x", "hostile:1", "true").run();
    engine.docker("run", "--rm", "--tmpfs", "/" + name + "/sub", "hostile:1", "true").run();
    importWithLink(name, "../../../../../../../../.." + victim);
    engine.docker("run", "--rm", "hostile:1", "/bin/touch", "/" + name + "/touched").run();
    engine.docker("rmi", "-f", "hostile:1").ok();
    assertUnharmed();
  }

  @ParameterizedTest
  @ValueSource(strings = {"etc/hosts", "etc/resolv.conf", "etc/hostname", "etc/passwd"})
  void aFileOfOursThatTheImageMadeALink(String name) throws Exception {
    importWithLink(name, victim.resolve("file").toString());
    engine.docker("run", "--rm", "hostile:1", "sh", "-c", "echo changed >/" + name).run();
    engine.docker("run", "--rm", "-u", "of the host", "hostile:1", "true").run();
    assertUnharmed();
  }

  @Test
  void aLinkIntoAnEmptyFolderAsDistributionsHaveItIsNoAttack() throws Exception {
    importWithLink("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf");
    assertThat(
            engine
                .docker("run", "--rm", "hostile:1", "ls", "/run/systemd/resolve/stub-resolv.conf")
                .ok()
                .text())
        .isEqualTo("/run/systemd/resolve/stub-resolv.conf");
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void aWorkingDirectoryThatIsAnInheritedDescriptor(int descriptor) throws Exception {
    Command.Result result =
        engine
            .docker(
                "run",
                "--rm",
                "-w",
                "/proc/self/fd/" + descriptor,
                ALPINE,
                "sh",
                "-c",
                "cat ../../../../../../.."
                    + victim
                    + "/file; echo x >../../../../.."
                    + victim
                    + "/new")
            .run();
    assertThat(result.out()).doesNotContain("of the host");
    assertUnharmed();
  }

  @Test
  void aVolumeWhosePathLeadsUp() throws Exception {
    engine
        .docker(
            "import",
            "-c",
            "VOLUME /../../../../../.." + victim,
            TestImages.folder().resolve("rootfs/alpine-minirootfs-3.20.3-x86_64.tar.gz").toString(),
            "hostile:1")
        .run();
    engine.docker("run", "--rm", "hostile:1", "touch", victim + "/new").run();
    engine.docker("rmi", "-f", "hostile:1").run();
    assertUnharmed();
  }

  @Test
  void theShimsProgramAsTheWorkload() throws Exception {
    engine.docker("run", "--rm", ALPINE, "/proc/self/exe").run();
    engine
        .docker(
            "run",
            "--rm",
            ALPINE,
            "sh",
            "-c",
            "for i in $(seq 200); do for p in /proc/[0-9]*; do echo x >$p/exe; done; done")
        .run();
    engine
        .docker(
            "run",
            "-d",
            "--name",
            "box",
            ALPINE,
            "sh",
            "-c",
            "while :; do for p in /proc/[0-9]*; do echo x >$p/exe; done; done 2>/dev/null")
        .ok();
    for (int i = 0; i < 5; i++) {
      engine.docker("exec", "box", "/proc/self/exe").run();
    }
    assertUnharmed();
  }

  @Test
  void aReleaseAgentCannotBeSet() throws Exception {
    List<String> before = releaseAgents();
    engine
        .docker(
            "run",
            "--rm",
            ALPINE,
            "sh",
            "-c",
            "mkdir /x; mount -t cgroup -o memory cgroup /x; mount -t cgroup2 none /x;"
                + " for f in /x/release_agent /sys/fs/cgroup/*/release_agent"
                + " /sys/fs/cgroup/release_agent; do echo /tmp/x >$f; done;"
                + " echo 1 >/sys/fs/cgroup/memory/notify_on_release")
        .run();
    assertThat(releaseAgents()).isEqualTo(before);
    assertUnharmed();
  }

  private static List<String> releaseAgents() throws Exception {
    try (var groups = Files.list(Path.of("/sys/fs/cgroup"))) {
      return groups
          .map(group -> group.resolve("release_agent"))
          .filter(Files::isRegularFile)
          .sorted()
          .map(
              file -> {
                try {
                  return file + "=" + Files.readString(file);
                } catch (java.io.IOException e) {
                  return file + " cannot be read";
                }
              })
          .toList();
    }
  }

  @Test
  void linksThatAreSwappedWhileFilesAreCopied() throws Exception {
    engine
        .docker(
            "run",
            "-d",
            "--name",
            "box",
            ALPINE,
            "sh",
            "-c",
            "mkdir -p /t/real; cd /t; while :; do mv real away; ln -s "
                + victim
                + " real; rm real; ln -s /proc/1/root"
                + victim
                + " real; rm real; mv away real; done 2>/dev/null")
        .ok();
    Path file = Files.writeString(engine.folder().resolve("copied"), "from outside");
    Path back = Files.createDirectory(victim.resolveSibling(victim.getFileName() + "-back"));
    for (int i = 0; i < 15; i++) {
      engine.docker("cp", file.toString(), "box:/t/real/file").run();
      engine.docker("cp", "box:/t/real/file", back.toString()).run();
      if (Files.exists(back.resolve("file"))) {
        assertThat(back.resolve("file")).hasContent("from outside");
      }
    }
    assertUnharmed();
  }
}
