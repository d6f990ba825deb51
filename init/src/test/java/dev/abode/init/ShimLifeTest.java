package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Shim.Stream;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The build that is shipped. */
class ShimLifeTest extends ShimLifeContract {
  ShimLifeTest() {
    super(Build.SHIPPED);
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
      Eventually.until("it holds little", () -> ownKib(shimPid) < 64);
      shim.signal(9);
      expect(shim, ShimEvent.Exited.class);
    }
  }

  /** Stands in for an engine: starts a workload, says so, and waits to be killed. */
  static final class StandIn {
    private StandIn() {}

    public static void main(String[] arguments) throws Exception {
      LaunchPlan plan =
          ContainerPlan.onHost(
              ContainerPlan.supervision(false, true), "busybox", "sh", "-c", "read x; echo $x");
      try (ShimBinary binary = ShimBinary.load();
          Shim shim = binary.spawn(plan, Path.of(arguments[0]))) {
        shim.start();
        expect(shim, ShimEvent.Started.class);
        System.out.println("started");
        System.in.read();
      }
    }
  }

  @Test
  void outlivesAnEngineThatIsKilled() throws Exception {
    Process engine =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                // A JVM takes a quarter of the host's memory for granted, and is the first to be
                // killed where there is little.
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                StandIn.class.getName(),
                socket().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = engine.inputReader().readLine();
    if (said == null) {
      throw new AssertionError("the stand-in said nothing and ended with " + engine.waitFor());
    }
    assertThat(said).isEqualTo("started");
    engine.destroyForcibly().waitFor();
    try (Shim again = Shim.connect(socket());
        Shim client = Shim.attach(socket(), EnumSet.of(Stream.STDIN, Stream.STDOUT))) {
      client.input(ByteBuffer.wrap("alive\n".getBytes(StandardCharsets.UTF_8)));
      assertThat(client.next())
          .isInstanceOfSatisfying(
              ShimEvent.Output.class,
              output -> assertThat(Run.bytes(output.bytes())).asString().isEqualTo("alive\n"));
      expect(again, ShimEvent.Started.class);
      assertThat(expect(again, ShimEvent.Exited.class).record().status()).isZero();
    }
  }

  private static int parent(int pid) throws IOException {
    return field(Path.of("/proc/" + pid + "/status"), "PPid:");
  }

  /** What one more shim costs; the program itself is shared by all of them. */
  private static int ownKib(int pid) throws IOException {
    Path rollup = Path.of("/proc/" + pid + "/smaps_rollup");
    assertThat(rollup).exists();
    return field(rollup, "Anonymous:");
  }

  private static int field(Path file, String name) throws IOException {
    List<String> lines = Files.readAllLines(file);
    String line = lines.stream().filter(l -> l.startsWith(name)).findFirst().orElseThrow();
    return Integer.parseInt(line.replaceAll("[^0-9]", ""));
  }
}
