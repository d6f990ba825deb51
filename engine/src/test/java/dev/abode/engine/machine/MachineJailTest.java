package dev.abode.engine.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.disk.WritableDisks;
import dev.abode.engine.guest.GuestBoot;
import dev.abode.engine.guest.Kernels;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.engine.seccomp.SeccompFilters;
import dev.abode.engine.testing.SharedKernel;
import dev.abode.init.ExitRecord;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Shim;
import dev.abode.init.ShimBinary;
import dev.abode.init.ShimEvent;
import dev.abode.init.Supervision;
import dev.abode.linux.ProcessIdentity;
import dev.abode.linux.SparseFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real QEMU in its jail, with a kernel that finds nothing to run and panics. */
@Tag("slow")
class MachineJailTest {
  private static final long FIRST_ID = 900_000;
  private static final int SIGCONT = 18;
  private static final int SIGSTOP = 19;

  @TempDir Path folder;

  private LaunchPlan plan() throws IOException {
    Path kernels = folder.resolve("kernels");
    SharedKernel.provide(kernels);
    GuestBoot boot = new Kernels(kernels, "no program".getBytes(UTF_8)).ready();
    Path instance = Files.createDirectory(folder.resolve("instance"));
    Path disk = instance.resolve("disk");
    new WritableDisks(folder.resolve("blank"), 64L << 20).ensure(disk);
    SparseFile.empty(MachineDisk.overwritten(disk), Files.size(disk));
    MachineGround ground =
        new MachineGround(
            instance,
            FIRST_ID,
            CgroupPlacement.NONE,
            new Hypervisors(folder.resolve("kvm")).find(boot),
            MachineShape.of(Limits.NONE),
            boot,
            new MachineContent.Empty(),
            List.of(new MachineDisk("disk", disk, false)),
            List.of(),
            Optional.empty(),
            SeccompFilters.program(
                new SeccompChoice.Default(), Set.of(), System.getProperty("os.arch"), 6, 1));
    return MachinePlan.of(
        ground,
        new Supervision(
            false, 0, 0, false, false, Optional.empty(), Optional.empty(), Optional.empty()));
  }

  @Test
  void theHypervisorIsNobodyAndSeesNothingButItsOwn() throws IOException {
    try (ShimBinary binary = ShimBinary.load();
        Shim shim = binary.spawn(plan(), folder.resolve("s"));
        Shim output =
            Shim.attach(folder.resolve("s"), EnumSet.of(Shim.Stream.STDOUT, Shim.Stream.STDERR))) {
      shim.start();
      ShimEvent.Started started = started(shim);
      Path process = Path.of("/proc/" + started.pid());

      if (!Files.exists(process)) {
        throw new AssertionError("QEMU ended at once: " + text(output));
      }
      // The panic, which ends it, has to wait until it was looked at.
      ProcessIdentity hypervisor = ProcessIdentity.of(started.pid()).orElseThrow();
      assertThat(hypervisor.signal(SIGSTOP)).isTrue();
      List<String> status = Files.readAllLines(process.resolve("status"));
      assertThat(status)
          .anyMatch(line -> line.matches("Uid:(\t" + FIRST_ID + "){4}"))
          .anyMatch(line -> line.matches("Gid:(\t" + FIRST_ID + "){4}"))
          .anyMatch(line -> line.matches("Groups:\\s*"))
          .contains("NoNewPrivs:\t1", "Seccomp:\t2")
          .doesNotContain("THP_enabled:\t1")
          .filteredOn(line -> line.startsWith("Cap"))
          .allMatch(line -> line.endsWith("\t0000000000000000"));
      assertThat(names(process.resolve("root")))
          .contains("boot", "dev", "disks", "usr")
          .doesNotContain("etc", "sys", "home", "root", "var");
      // A folder of its own, and not the host's.
      assertThat(names(process.resolve("root/run"))).isSubsetOf("qmp");
      assertThat(process.resolve("root/proc/sys")).doesNotExist();
      assertThat(names(process.resolve("root/disks")))
          .containsExactlyInAnyOrder("disk", "overwritten");
      assertThat(names(process.resolve("root/dev"))).doesNotContain("kvm", "mem", "vda");
      for (String namespace : List.of("user", "mnt", "net", "pid", "ipc", "uts")) {
        assertThat(Files.readSymbolicLink(process.resolve("ns/" + namespace)))
            .as(namespace)
            .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/" + namespace)));
      }

      assertThat(hypervisor.signal(SIGCONT)).isTrue();
      assertThat(ended(shim).shellStatus()).isZero();
      assertThat(text(output)).contains("Kernel panic - not syncing: No working init found");
    }
  }

  private static Set<String> names(Path folder) throws IOException {
    assertThat(folder).isDirectory();
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS))
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toSet());
    }
  }

  private static ShimEvent.Started started(Shim shim) throws IOException {
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Started started) {
        return started;
      }
      assertThat(event).isInstanceOfAny(ShimEvent.Waiting.class, ShimEvent.Created.class);
    }
  }

  private static ExitRecord ended(Shim shim) throws IOException {
    ShimEvent event = shim.next();
    while (!(event instanceof ShimEvent.Exited)) {
      assertThat(event).isNotInstanceOf(ShimEvent.Gone.class);
      event = shim.next();
    }
    return ((ShimEvent.Exited) event).record();
  }

  private static String text(Shim output) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    while (output.next() instanceof ShimEvent.Output part) {
      byte[] bytes = new byte[part.bytes().remaining()];
      part.bytes().get(bytes);
      text.writeBytes(bytes);
    }
    return text.toString(UTF_8);
  }
}
