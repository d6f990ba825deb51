package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Sharing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ways out of containers that are known, each tried for real; what counts is the host's state. */
class ContainerAttacksTest extends ContainerCase {

  private static Container.Result run(List<Path> layers, InstanceSpec spec) throws IOException {
    try (Container container =
        Container.create(folder, cgroups, binary, layers, spec, Container.config(""))) {
      return container.run();
    }
  }

  /** A layer above Alpine in which {@code path} is a link to {@code target}. */
  private static List<Path> withLink(String path, String target) throws IOException {
    Path layer = Files.createTempDirectory(folder, "layer");
    // Otherwise the overlay's root would have the mode of a temporary folder.
    Files.setPosixFilePermissions(
        layer, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
    Path link = layer.resolve(path);
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, Path.of(target));
    return List.of(layer, alpine);
  }

  /** CVE-2019-5736: to overwrite the program that brought the workload to life. */
  @Test
  void theSupervisorsProgramCannotBeReachedOrWritten() throws IOException {
    InstanceSpec spec = InstanceSpec.of("alpine", "sleep", "1000");
    try (Container container = create(spec)) {
      container.start();
      Container.Result result =
          container.exec(
              dev.abode.engine.instance.ExecSpec.of(
                  "sh", "-c", "ls -l /proc/*/exe 2>/dev/null | grep -v busybox | grep -c exe"));
      assertThat(result.output()).isEqualTo("0\n");
    }
    // With the program itself as workload, which then runs from the sealed memory file.
    assertThat(run(withLink("evil", "/proc/self/exe"), InstanceSpec.of("x", "/evil")).status())
        .isNotZero();
    assertThat(run(shell("echo fine").build()).output()).isEqualTo("fine\n");
  }

  /** CVE-2024-21626: a working directory through a descriptor that was left open. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/proc/self/fd/3",
        "/proc/self/fd/4",
        "/proc/self/fd/7",
        "/proc/self/fd/8/../../..",
        "/proc/self/cwd",
        "/proc/1/root",
        "/proc/thread-self/fd/5"
      })
  void aWorkingDirectoryLeadsNowhereElse(String path) throws IOException {
    try {
      Container.Result result =
          run(
              shell(
                      "pwd; ls ../../../../work ../../../../lib/systemd; cat"
                          + " ../../../etc/debian_version")
                  .workingDirectory(path)
                  .build());
      assertThat(result.output()).contains("No such file or directory").doesNotContain("main");
      assertThat(result.status()).isNotZero();
    } catch (EngineException e) {
      assertThat(e).hasMessageContaining("working directory");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "dev, /tmp",
    "dev, /proc",
    "proc, /tmp",
    "proc, /etc",
    "sys, /tmp",
    "etc/hosts, /../../../../../../../../etc/passwd",
    "etc/resolv.conf, /../../../../../../../../etc/resolv-made",
    "etc/hostname, /proc/self/exe",
  })
  void linksOfTheImageStayInTheImage(String path, String target) throws IOException {
    String hostsPasswd = Files.readString(Path.of("/etc/passwd"));
    List<Path> layers = withLink(path, target);
    try {
      Container.Result result =
          run(
              layers,
              shell("cat /proc/self/status | grep CapEff; ls /work; echo x > /proc/sysrq-trigger")
                  .build());
      assertThat(result.output()).doesNotContain("BRIEF");
    } catch (EngineException refused) {
      assertThat(refused).hasMessageNotContaining("null");
    }
    assertThat(Files.readString(Path.of("/etc/passwd"))).isEqualTo(hostsPasswd);
    assertThat(Path.of("/etc/resolv-made")).doesNotExist();
  }

  /** CVE-2025-31133: masked files are bound to /dev/null, which an image could replace. */
  @Test
  void devNullOfTheImageIsNotTheOneThatMasks() throws IOException {
    List<Path> layers = withLink("dev/null", "/proc/sys/kernel/core_pattern");
    Container.Result result =
        run(
            layers,
            shell(
                    "ls -l /dev/null | cut -c1; cat /proc/timer_list | wc -c; (echo x >"
                        + " /proc/timer_list)")
                .build());
    assertThat(result.output()).startsWith("c\n0\n");
    assertThat(Files.readString(Path.of("/proc/sys/kernel/core_pattern"))).isNotEqualTo("x\n");
  }

  @Test
  void volumesDoNotClimb() throws IOException {
    Container.Result result =
        run(
            shell("ls /escape")
                .mounts(
                    List.of(
                        new MountSpec.Tmpfs(
                            "/a/../../../../escape",
                            false,
                            OptionalLong.empty(),
                            OptionalInt.empty(),
                            "")))
                .build());
    assertThat(result.status()).isZero();
    assertThat(Path.of("/escape")).doesNotExist();
  }

  /** A mount whose target is a link of the image. */
  @Test
  void mountTargetsFollowLinksWithinTheImageOnly() throws IOException {
    List<Path> layers = withLink("data", "/../../../../../../tmp/abode-outside");
    Container.Result result =
        run(
            layers,
            shell("ls -d /tmp/abode-outside && touch /data/x && ls /tmp/abode-outside")
                .mounts(
                    List.of(
                        new MountSpec.Tmpfs(
                            "/data", false, OptionalLong.empty(), OptionalInt.empty(), "")))
                .build());
    assertThat(Path.of("/tmp/abode-outside")).doesNotExist();
    assertThat(result.output()).startsWith("/tmp/abode-outside\n");
  }

  /** CVE-2022-0492 and its elders. */
  @Test
  void noReleaseAgent() throws IOException {
    String script =
        """
        for d in /sys/fs/cgroup/*; do (echo /bin/sh > $d/release_agent) 2>/dev/null && echo wrote $d; done
        mkdir /tmp/c
        mount -t cgroup -o memory cgroup /tmp/c 2>/dev/null && echo mounted
        mount -o remount,rw /sys/fs/cgroup 2>/dev/null && echo remounted
        umount /sys/fs/cgroup/memory 2>/dev/null && echo unmounted
        unshare -UrmC sh -c 'mount -t cgroup -o memory cgroup /tmp/c && echo mounted' 2>/dev/null
        echo end
        """;
    assertThat(run(shell(script).build()).output()).isEqualTo("end\n");
    assertThat(run(shell(script).sharing(HOST_USERS).build()).output()).isEqualTo("end\n");
    // With the capability to mount, but in its own user namespace, the file stays closed.
    Security admin =
        new Security(
            false,
            List.of("SYS_ADMIN"),
            List.of(),
            false,
            new Security.SeccompChoice.Unconfined(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of(),
            Map.of());
    String mounting =
        "mkdir /tmp/c; mount -t cgroup -o memory cgroup /tmp/c;"
            + " (echo /bin/sh > /tmp/c/release_agent) 2>/dev/null && echo wrote; echo end";
    assertThat(run(shell(mounting).security(admin).build()).output())
        .endsWith("end\n")
        .doesNotContain("wrote");
  }

  @Test
  void theHostsDisksAreOutOfReach() throws IOException {
    String script =
        """
        mknod /disk b 254 0 && head -c1 /disk
        mount -t ext4 /disk /mnt && echo mounted
        mount -t proc proc /mnt && echo mounted
        mount --bind / /mnt && echo mounted
        echo end
        """;
    for (Sharing sharing : List.of(Sharing.PRIVATE, HOST_USERS)) {
      assertThat(run(shell(script + "2>/dev/null").sharing(sharing).build()).output())
          .doesNotContain("mounted")
          .contains("end");
    }
  }

  @Test
  void theHostCannotBeTuned() throws IOException {
    String trigger =
        """
        (echo h > /proc/sysrq-trigger) 2>/dev/null && echo sysrq
        (echo 1 > /proc/sys/vm/drop_caches) 2>/dev/null && echo caches
        (echo '|/x' > /proc/sys/kernel/core_pattern) 2>/dev/null && echo core
        (echo x > /sys/kernel/uevent_helper) 2>/dev/null && echo uevent
        (echo 1 > /proc/1/oom_score_adj) 2>/dev/null
        mount -o remount,rw /proc/sys 2>/dev/null && echo remount
        umount /proc/sys 2>/dev/null && echo umount
        echo end
        """;
    String pattern = Files.readString(Path.of("/proc/sys/kernel/core_pattern"));
    for (Sharing sharing : List.of(Sharing.PRIVATE, HOST_USERS)) {
      assertThat(run(shell(trigger).sharing(sharing).build()).output()).isEqualTo("end\n");
    }
    assertThat(Files.readString(Path.of("/proc/sys/kernel/core_pattern"))).isEqualTo(pattern);
  }

  @Test
  void noNamespacesOfItsOwn() throws IOException {
    assertThat(run(shell("unshare -Ur id; unshare -m true; echo end").build()).output())
        .contains("Operation not permitted")
        .doesNotContain("uid=0")
        .endsWith("end\n");
  }

  @Test
  void processesOfTheHostAreOutOfSight() throws IOException {
    String inside = run(shell("ls -d /proc/[0-9]* | wc -l; kill -0 -1; echo $?").build()).output();
    assertThat(Integer.parseInt(inside.lines().findFirst().orElse("99"))).isLessThan(6);
  }
}
