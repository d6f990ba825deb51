package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Shim.Stream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The build that is shipped. */
class ShimTest extends ShimContract {
  @Override
  ShimBinary load() throws IOException {
    return ShimBinary.load();
  }

  @Test
  void costsLittleWhileTheWorkloadRuns() throws Exception {
    LaunchPlan plan =
        ContainerPlan.onHost(
            ContainerPlan.supervision(false, true),
            "busybox",
            "sh",
            "-c",
            "busybox seq 1 200000; echo end; read x");
    try (Shim shim = binary.spawn(plan, socket())) {
      try (Shim client = Shim.attach(socket(), EnumSet.of(Stream.STDOUT))) {
        shim.start();
        String last = "";
        while (!last.endsWith("end\n") && client.next() instanceof ShimEvent.Output output) {
          last = new String(Run.bytes(output.bytes()), StandardCharsets.UTF_8);
        }
      }
      int shimPid = parent(expect(shim, ShimEvent.Started.class).pid());
      await(() -> privateKib(shimPid) < 100);
      shim.signal(9);
      expect(shim, ShimEvent.Exited.class);
    }
  }

  private static int parent(int pid) throws IOException {
    return field(Path.of("/proc/" + pid + "/status"), "PPid:");
  }

  private static int privateKib(int pid) throws IOException {
    Path rollup = Path.of("/proc/" + pid + "/smaps_rollup");
    assertThat(rollup).exists();
    return field(rollup, "Private_Clean:") + field(rollup, "Private_Dirty:");
  }

  private static int field(Path file, String name) throws IOException {
    List<String> lines = Files.readAllLines(file);
    String line = lines.stream().filter(l -> l.startsWith(name)).findFirst().orElseThrow();
    return Integer.parseInt(line.replaceAll("[^0-9]", ""));
  }
}
