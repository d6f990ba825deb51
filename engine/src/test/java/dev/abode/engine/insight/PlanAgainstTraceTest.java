package dev.abode.engine.insight;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.EngineOptions;
import dev.abode.engine.record.TreeDeletion;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The plan that is explained is what the supervisor does: {@code strace} sees it do just that. */
class PlanAgainstTraceTest {
  private static final String CALLS =
      "mount,umount2,move_mount,open_tree,mount_setattr,fsopen,fsmount,pivot_root,clone3,unshare,"
          + "setns,execve,seccomp,prctl,capset,setresuid,setresgid,setgroups,sethostname,"
          + "setdomainname,setrlimit,prlimit64,mknodat,symlinkat,fchown,chdir,write,openat2,ioctl";

  private Path folder = Path.of("/");

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createTempDirectory("abode-trace");
  }

  @AfterEach
  void removeFolder() throws IOException {
    TreeDeletion.delete(EngineOptions.at(folder.resolve("root")).run());
    TreeDeletion.delete(folder);
  }

  @Test
  @Tag("slow")
  void theSupervisorDoesWhatThePlanSaysAndNothingElse() throws Exception {
    String planned = runTraced();
    List<String> stage = traceOf("CLONE_NEWUSER");
    Matcher child = Pattern.compile("CLONE_NEWUSER.* = (\\d+)").matcher(String.join("\n", stage));
    assertThat(child.find()).as("the stage's trace has a clone").isTrue();
    List<String> workload = Files.readAllLines(folder.resolve("trace." + child.group(1)), UTF_8);

    String[] halves = planned.split("\n--\n", -1);
    assertThat(TracedCalls.of(stage)).containsExactlyElementsOf(halves[0].lines().toList());
    assertThat(TracedCalls.of(workload)).containsExactlyElementsOf(halves[1].lines().toList());
  }

  /** Prints what is planned; a trace of each process is in a file of its own afterwards. */
  private String runTraced() throws IOException, InterruptedException {
    Path errors = folder.resolve("errors");
    List<String> words =
        new ArrayList<>(
            List.of("strace", "-ff", "--seccomp-bpf", "-s", "4096", "-e", "trace=" + CALLS, "-o"));
    words.add(folder.resolve("trace").toString());
    words.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            TracedInstance.class.getName(),
            folder.resolve("root").toString()));
    Process process = new ProcessBuilder(words).redirectError(errors.toFile()).start();
    String planned = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(() -> read(errors)).isZero();
    return planned;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private List<String> traceOf(String mark) throws IOException {
    try (DirectoryStream<Path> traces = Files.newDirectoryStream(folder, "trace.*")) {
      for (Path trace : traces) {
        List<String> lines = Files.readAllLines(trace, UTF_8);
        if (lines.stream().anyMatch(line -> line.contains(mark))) {
          return lines;
        }
      }
    }
    throw new AssertionError("no process was seen to call something with " + mark);
  }
}
