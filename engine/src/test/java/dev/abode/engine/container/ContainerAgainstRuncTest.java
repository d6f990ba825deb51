package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.init.Capability;
import dev.abode.init.ShimBinary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * The same questions asked in a container of ours and in one of runc's with an equivalent
 * configuration: where the answers must be equal, they are. It tests the questions as much as the
 * answers.
 */
@EnabledIf("runcIsInstalled")
class ContainerAgainstRuncTest {
  private static final Path RUNC = Path.of("/usr/sbin/runc");

  /**
   * Capabilities, devices, kernel file systems with their flags, what is hidden, what is closed.
   */
  private static final String PROBE =
      """
      grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups)' /proc/self/status
      for d in /dev/*; do stat -c '%n %F %t:%T %a %u:%g' $d; done
      while read id parent device root target options rest; do
        case $target in
          /sys/fs/cgroup*|/|/etc/*) ;;
          *) set -- ${rest#*- }; echo "mount $target $1 $options" ;;
        esac
      done < /proc/self/mountinfo | sort
      for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts; do
        test -e $f && echo "$f $(head -c 100 $f 2>/dev/null | wc -c)"
      done
      for f in /proc/sysrq-trigger /proc/sys/kernel/shmmax /proc/irq/default_smp_affinity; do
        (: > $f) 2>/dev/null && echo "opened $f"
      done
      for d in /sys /sys/fs/cgroup /proc/sys /proc/bus; do
        (mkdir $d/x) 2>/dev/null && echo "made $d/x"
      done
      ls /proc/self/fd | wc -l
      umask
      echo $$
      ulimit -n
      """;

  static boolean runcIsInstalled() {
    return Files.isExecutable(RUNC);
  }

  @Test
  void bothSeeTheSame() throws IOException, InterruptedException {
    Path alpine = Rootfs.alpine();
    Path folder = Files.createTempDirectory("abode-runc");
    try (Cgroups cgroups = Cgroups.open();
        ShimBinary binary = ShimBinary.load()) {
      Files.writeString(folder.resolve("probe"), PROBE);
      String runc = underRunc(folder, alpine);
      InstanceSpec spec =
          InstanceSpec.of("alpine", "sh", "-c", PROBE).toBuilder()
              .sharing(ContainerCase.HOST_USERS)
              .security(
                  new dev.abode.engine.instance.Security(
                      false,
                      List.of(),
                      List.of(),
                      false,
                      new dev.abode.engine.instance.Security.SeccompChoice.Unconfined(),
                      java.util.Optional.empty(),
                      java.util.Optional.empty(),
                      List.of(),
                      List.of(),
                      java.util.Map.of()))
              .build();
      try (Container container = Container.create(folder, cgroups, binary, alpine, spec)) {
        assertThat(lines(container.run().output())).containsExactlyElementsOf(lines(runc));
      }
    } finally {
      Rootfs.delete(folder);
      Rootfs.delete(alpine);
    }
  }

  private static List<String> lines(String output) {
    assertThat(output).contains("CapEff:\t00000000a80425fb", "/dev/null", "mount /proc proc");
    return output
        .lines()
        .map(String::strip)
        // Ours are stricter: what masks is nosuid, nodev and noexec, and the folder of the
        // hierarchies is read-only like those themselves.
        .map(line -> line.replaceAll("^(mount /(?:proc|sys)/[a-z_]+ )(?:dev)?tmpfs .*", "$1masked"))
        .filter(line -> !line.equals("made /sys/fs/cgroup/x"))
        .toList();
  }

  private static String underRunc(Path folder, Path alpine)
      throws IOException, InterruptedException {
    Path bundle = Files.createDirectories(folder.resolve("bundle"));
    Files.writeString(bundle.resolve("config.json"), config(alpine));
    String name = "abode-" + folder.getFileName();
    return Rootfs.run(
        List.of(
            RUNC.toString(),
            "--root",
            folder.resolve("state").toString(),
            "run",
            "--bundle",
            bundle.toString(),
            name));
  }

  private static String config(Path alpine) throws IOException {
    String capabilities =
        Capabilities.DEFAULT.stream()
            .map(Capability::name)
            .map(c -> "\"CAP_" + c + '"')
            .collect(Collectors.joining(","));
    List<String> masked = new ArrayList<>(HiddenPaths.masked(HostFacts.read()));
    return """
    {"ociVersion": "1.0.2",
     "process": {"user": {"uid": 0, "gid": 0, "umask": 18,
                          "additionalGids": [0, 1, 2, 3, 4, 6, 10, 11, 20, 26, 27]},
                 "args": ["sh", "-c", %s], "cwd": "/",
                 "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
                 "capabilities": {"bounding": [%s], "effective": [%s], "permitted": [%s]}},
     "root": {"path": "%s"},
     "hostname": "runc",
     "mounts": [
      {"destination": "/proc", "type": "proc", "source": "proc",
       "options": ["nosuid", "noexec", "nodev"]},
      {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
       "options": ["nosuid", "mode=755", "size=65536k"]},
      {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
       "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
      {"destination": "/sys", "type": "sysfs", "source": "sysfs",
       "options": ["nosuid", "noexec", "nodev", "ro"]},
      {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
       "options": ["ro", "nosuid", "noexec", "nodev"]},
      {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
       "options": ["nosuid", "noexec", "nodev"]},
      {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
       "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"]}],
     "linux": {
      "namespaces": [{"type": "mount"}, {"type": "network"}, {"type": "uts"}, {"type": "pid"},
                     {"type": "ipc"}, {"type": "cgroup"}],
      "maskedPaths": [%s], "readonlyPaths": [%s]}}
    """
        .formatted(
            quoted(PROBE),
            capabilities,
            capabilities,
            capabilities,
            alpine,
            masked.stream().map(ContainerAgainstRuncTest::quoted).collect(Collectors.joining(",")),
            HiddenPaths.READ_ONLY.stream()
                .map(ContainerAgainstRuncTest::quoted)
                .collect(Collectors.joining(",")));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }
}
