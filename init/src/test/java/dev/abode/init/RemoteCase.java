package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Shim.Stream;
import dev.abode.init.Step.Place;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workloads behind an agent. The machine is a set of namespaces here, with the agent as its first
 * process, so that what is tried is the protocol and nothing else. Needs root.
 */
abstract class RemoteCase {

  static final Set<Stream> OUTPUTS = EnumSet.of(Stream.STDOUT, Stream.STDERR);
  final Build build;
  @TempDir Path folder;
  ShimBinary binary;
  Path program;

  RemoteCase(Build build) {
    this.build = build;
  }

  @BeforeEach
  void layOut() throws IOException {
    program = folder.resolve("abode-init");
    Files.write(program, build.program());
    assertThat(program.toFile().setExecutable(true)).isTrue();
    binary = ShimBinary.load(program);
  }

  /** Whatever a test did: no shim, no agent, no complaint of a sanitizer. */
  @AfterEach
  void leavesNothing() throws Exception {
    binary.close();
    try {
      Eventually.until("all leave", () -> processes(folder.toString()).isEmpty());
    } finally {
      processes(folder.toString()).forEach(ProcessHandle::destroyForcibly); // of a test that failed
    }
    for (String name : List.of("shim.log", "console", "agent.log")) {
      Path log = folder.resolve(name);
      String notes = Files.exists(log) ? Files.readString(log, StandardCharsets.ISO_8859_1) : "";
      assertThat(notes).doesNotContain("Sanitizer").doesNotContain("runtime error");
    }
  }

  Path socket() {
    return folder.resolve("s");
  }

  static Supervision streams(boolean terminal, boolean stdin, Optional<Remote> remote) {
    return new Supervision(
        terminal, 0, 0, stdin, stdin, Optional.empty(), Optional.empty(), Optional.empty(), remote);
  }

  static LaunchPlan guest(boolean stdin, String script) {
    return ContainerPlan.onHost(
        streams(false, stdin, Optional.empty()), "busybox", "sh", "-c", script);
  }

  Supervision machine(LaunchPlan guest) {
    Supervision workload = guest.supervision();
    return streams(
        workload.terminal(),
        workload.openStdin(),
        Optional.of(new Remote.Machine(folder.resolve("console"), guest, false)));
  }

  LaunchPlan plan(LaunchPlan guest) {
    return plan(machine(guest), program.toString(), "agent");
  }

  static LaunchPlan plan(Supervision supervision, String... command) {
    return new LaunchPlan(
        supervision,
        List.of(),
        EnumSet.of(Namespace.PID),
        List.of(),
        List.of(
            new Step.OwnMounts(Propagation.PRIVATE),
            new Step.Mount("proc", "proc", Place.HOST, "/proc", Set.of(), ""),
            new Step.Execute(Arrays.asList(command), List.of("PATH=/bin:/usr/bin"))));
  }

  Run run(LaunchPlan guest) throws IOException {
    return Run.of(binary, plan(guest), socket());
  }

  LaunchPlan session(LaunchPlan guest) {
    return LaunchPlan.elsewhere(
        streams(
            guest.supervision().terminal(),
            guest.supervision().openStdin(),
            Optional.of(new Remote.Session(socket(), guest))));
  }

  Run exec(String name, String script) throws IOException {
    return Run.of(binary, session(guest(false, script)), folder.resolve(name));
  }

  /** A machine whose workload waits for the end of its input. */
  Shim waiting() throws IOException {
    Shim shim = binary.spawn(plan(guest(true, "cat > /dev/null")), socket());
    shim.start();
    started(shim);
    return shim;
  }

  static ShimEvent.Started started(Shim shim) throws IOException {
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Started started) {
        return started;
      }
      assertThat(event)
          .isInstanceOfAny(ShimEvent.Waiting.class, ShimEvent.Booting.class, ShimEvent.Ready.class);
    }
  }

  static ExitRecord exited(Shim shim) throws IOException {
    ExitRecord record =
        Run.ended(shim, ByteBuffer.allocate(0), ByteBuffer.allocate(0)).exit().get();
    assertThat(shim.next()).isEqualTo(new ShimEvent.Gone());
    return record;
  }

  /** Processes that have {@code command} somewhere in their command line. */
  static List<ProcessHandle> processes(String command) {
    return ProcessHandle.allProcesses()
        .filter(
            process -> {
              try {
                return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
                    .replace('\0', ' ')
                    .contains(command);
              } catch (IOException e) {
                return false;
              }
            })
        .toList();
  }

  static byte[] random(int size, long seed) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
