package dev.abode.engine.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.Instance;
import dev.abode.engine.explanation.Chapter;
import dev.abode.engine.explanation.Difference;
import dev.abode.engine.explanation.Explanation;
import dev.abode.engine.explanation.Fact;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.SecurityOf;
import dev.abode.engine.testing.EngineCase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Explanations of real instances. */
class WallsReadingTest extends EngineCase {
  private static final Limits MEMORY = Limits.builder().memoryBytes(64 << 20).pids(50).build();

  private static Fact fact(Explanation explanation, String chapter, String what) {
    return chapter(explanation, chapter).facts().stream()
        .filter(fact -> fact.what().equals(what))
        .findFirst()
        .orElseThrow(() -> new AssertionError(chapter + " says nothing of " + what));
  }

  private static Chapter chapter(Explanation explanation, String name) {
    return explanation.chapters().stream()
        .filter(chapter -> chapter.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no chapter " + name));
  }

  @Test
  void whatIsOnlyThoughtOfIsExplainedFromItsPlanAndLeavesNothing() throws Exception {
    // What other tests removed may still be being deleted.
    List<String> before = List.of(test.root().resolve("instances").toFile().list());
    Explanation explanation = engine.explain(InstanceSpec.of(alpine, "echo", "a b"));
    assertThat(fact(explanation, "Program", "program").is()).isEqualTo("echo 'a b'");
    assertThat(fact(explanation, "Namespaces", "net").is()).isEqualTo("its own");
    assertThat(fact(explanation, "Capabilities", "withheld").is()).contains("SYS_ADMIN");
    assertThat(fact(explanation, "System calls", "refused").is()).contains("bpf", "mount_setattr");
    assertThat(explanation.pid()).isEmpty();
    assertThat(explanation.differences()).isEmpty();
    assertThat(engine.instances()).isEmpty();
    assertThat(test.root().resolve("instances").toFile().list()).isSubsetOf(before);
  }

  @Test
  void whatRunsIsShownByTheKernelAsItWasPlanned() throws Exception {
    Instance instance =
        engine.create(
            InstanceSpec.builder(alpine)
                .name("box")
                .limits(MEMORY)
                .user("100:101")
                .command(List.of("sleep", "1000"))
                .build());
    instance.start();
    Explanation explanation = engine.explain("box");
    assertThat(explanation.differences()).isEmpty();
    int pid = explanation.pid().orElseThrow();
    Fact ids = fact(explanation, "User ids", "ids");
    assertThat(ids.origin()).isEqualTo(Fact.Origin.KERNEL);
    assertThat(Files.readString(Path.of("/proc/" + pid + "/uid_map")).strip().split("\\s+", -1))
        .containsExactly(ids.detail().split(" ", -1));
    assertThat(fact(explanation, "Program", "user").is()).isEqualTo("uid 100, gid 101");
    assertThat(fact(explanation, "Namespaces", "pid").detail())
        .isEqualTo(Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/pid")).toString());
    assertThat(chapter(explanation, "Limits").facts())
        .filteredOn(fact -> fact.why().contains("--memory)"))
        .singleElement()
        .satisfies(
            fact -> {
              assertThat(fact.is()).isEqualTo("67108864 (64 MiB)");
              assertThat(fact.origin()).isEqualTo(Fact.Origin.KERNEL);
            });
    assertThat(Files.readAllLines(Path.of("/proc/" + pid + "/mountinfo")))
        .as("every mount is told of")
        .allSatisfy(
            line -> {
              String target = line.split(" ", -1)[4];
              assertThat(explanation.chapters())
                  .anyMatch(c -> c.facts().stream().anyMatch(fact -> fact.what().equals(target)));
            });
  }

  @Test
  void aLooserInstanceIsToldSo() throws Exception {
    Instance instance =
        engine.create(
            InstanceSpec.builder(alpine)
                .name("open")
                .security(SecurityOf.privileged())
                .command(List.of("sleep", "1000"))
                .build());
    instance.start();
    Explanation explanation = engine.explain("open");
    assertThat(explanation.differences()).isEmpty();
    assertThat(fact(explanation, "Namespaces", "user").is()).isEqualTo("the host's");
    assertThat(fact(explanation, "System calls", "filter").is()).isEqualTo("off");
    assertThat(fact(explanation, "Devices", "may be opened").is()).contains("every device");
    assertThat(explanation.chapters()).noneMatch(c -> c.name().startsWith("Hidden"));
  }

  @Test
  void aDifferenceBetweenPlanAndKernelIsPointedOut() throws Exception {
    Instance instance =
        engine.create(
            InstanceSpec.builder(alpine)
                .name("changed")
                .security(SecurityOf.privileged())
                .command(List.of("sh", "-c", "umask 077; exec sleep 1000"))
                .build());
    instance.start();
    var mount = instance.exec(ExecSpec.of("mount", "-t", "tmpfs", "later", "/mnt"));
    mount.startDetached();
    mount.await();
    assertThat(engine.explain("changed").differences())
        .extracting(Difference::what)
        .contains("/mnt");
    Difference later =
        engine.explain("changed").differences().stream()
            .filter(difference -> difference.what().equals("/mnt"))
            .findFirst()
            .orElseThrow();
    assertThat(later.planned()).isEmpty();
    assertThat(later.seen()).startsWith("tmpfs");
    assertThat(later.remark()).contains("after the start");
  }
}
