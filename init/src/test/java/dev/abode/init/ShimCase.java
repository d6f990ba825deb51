package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Shim.Stream;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Launches by a build of {@code abode-init}, after each of which nothing may be left. Needs root.
 */
abstract class ShimCase {

  static final Set<Stream> OUTPUTS = EnumSet.of(Stream.STDOUT, Stream.STDERR);
  private final Build build;
  @TempDir Path folder;
  ShimBinary binary;

  ShimCase(Build build) {
    this.build = build;
  }

  @BeforeEach
  void loadBinary() throws IOException {
    binary = build.load();
  }

  /** Whatever a test did: no shim, no mount, no complaint of a sanitizer. */
  @AfterEach
  void leavesNothing() throws Exception {
    binary.close();
    try {
      Eventually.until("the shim leaves", () -> ownProcesses().isEmpty());
    } finally {
      for (int shim : ownProcesses()) { // of a test that failed; its workload dies with it
        ProcessHandle.of(shim).ifPresent(ProcessHandle::destroyForcibly);
      }
    }
    Eventually.until(
        "the shim is collected",
        () -> ProcessHandle.current().descendants().noneMatch(ShimCase::isShim));
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(folder.toString());
    assertThat(socket()).doesNotExist();
    assertThat(notes()).doesNotContain("Sanitizer").doesNotContain("runtime error");
  }

  Path socket() {
    return folder.resolve("s");
  }

  static boolean isShim(ProcessHandle child) {
    return name(child).startsWith("abode-init");
  }

  /** A zombie has no command line any more, but still a name. */
  static String name(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/comm"));
    } catch (IOException e) {
      return ""; // collected meanwhile
    }
  }

  String notes() throws IOException {
    Path notes = folder.resolve("shim.log");
    return Files.exists(notes) ? Files.readString(notes) : "";
  }

  /** Shims of this test, by the socket's path among their arguments. */
  List<Integer> ownProcesses() throws IOException {
    List<Integer> found = new ArrayList<>();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        try {
          if (Files.readString(process.resolve("cmdline")).contains(folder.toString())) {
            found.add(Integer.valueOf(process.getFileName().toString()));
          }
        } catch (IOException e) {
          // it ended meanwhile, or is somebody's whose words are no UTF-8
        }
      }
    }
    return found;
  }

  static <E extends ShimEvent> E expect(Shim shim, Class<E> type) throws IOException {
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Waiting && type != ShimEvent.Waiting.class) {
        continue;
      }
      assertThat(event).isInstanceOf(type);
      return type.cast(event);
    }
  }

  Run run(LaunchPlan plan) throws IOException {
    return Run.of(binary, plan, socket());
  }

  Run script(String script) throws IOException {
    return run(shell(script));
  }

  static LaunchPlan shell(String script) {
    return shell(ContainerPlan.supervision(false, false), script);
  }

  static LaunchPlan shell(Supervision supervision, String script) {
    return ContainerPlan.onHost(supervision, "busybox", "sh", "-c", script);
  }

  ContainerPlan container() throws IOException {
    return ContainerPlan.in(folder);
  }

  /** Its workload waits right before it executes its program. */
  ContainerPlan awaitingTheEngine() throws IOException {
    ContainerPlan container = container();
    container.beside.add(new Step.TellEngine());
    container.beforeExecute.add(new Step.AwaitEngine());
    return container;
  }

  static LaunchPlan inside(LaunchPlan plan, List<Step> inside) {
    return new LaunchPlan(
        plan.supervision(), plan.before(), plan.namespaces(), plan.beside(), inside);
  }

  static Supervision logging(Path file, long maxBytes, int maxFiles) {
    return new Supervision(
        false,
        0,
        0,
        false,
        false,
        Optional.of(new Supervision.Log(file, maxBytes, maxFiles)),
        Optional.empty(),
        Optional.empty());
  }

  static ByteBuffer utf8(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  ShimEvent.Failed failure(LaunchPlan plan) throws IOException {
    return run(plan).failure().orElseThrow();
  }

  static String text(List<Frame> frames) {
    StringBuilder text = new StringBuilder();
    frames.forEach(frame -> text.append(StandardCharsets.UTF_8.decode(frame.payload())));
    return text.toString();
  }

  static List<Frame> frames(Path part) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(part));
    List<Frame> frames = new ArrayList<>();
    for (Optional<Frame> frame = Frame.take(bytes); frame.isPresent(); frame = Frame.take(bytes)) {
      frames.add(frame.get());
    }
    assertThat(bytes.remaining()).as("rest of %s", part).isZero();
    return frames;
  }
}
