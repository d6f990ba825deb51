package dev.abode.engine.insight;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.abode.engine.Instance;
import dev.abode.engine.explanation.Chapter;
import dev.abode.engine.explanation.Difference;
import dev.abode.engine.explanation.Explanation;
import dev.abode.engine.explanation.Fact;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.testing.MachineCase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Explanations of real machines. */
class MachineReadingTest extends MachineCase {
  private static Fact fact(Explanation explanation, String chapter, String what) {
    return explanation.chapters().stream()
        .filter(c -> c.name().equals(chapter))
        .flatMap(c -> c.facts().stream())
        .filter(fact -> fact.what().equals(what))
        .findFirst()
        .orElseThrow(() -> new AssertionError(chapter + " says nothing of " + what));
  }

  @Test
  void aMachineThatIsOnlyThoughtOfIsExplainedFromBothPlansAndLeavesNothing() throws Exception {
    List<String> before = List.of(test.root().resolve("instances").toFile().list());
    Explanation explanation =
        engine.explain(
            InstanceSpec.builder(alpine)
                .isolation(Isolation.VM)
                .command(List.of("echo", "a b"))
                .build());
    assertThat(explanation.chapters()).extracting(Chapter::name).doesNotHaveDuplicates();
    assertThat(fact(explanation, "Program", "program").is()).isEqualTo("echo 'a b'");
    assertThat(fact(explanation, "Namespaces", "net").is()).isEqualTo("the guest's");
    assertThat(fact(explanation, "Hypervisor: Namespaces", "net").is()).isEqualTo("its own");
    assertThat(fact(explanation, "Hypervisor: Capabilities", "held").is()).isEqualTo("none");
    assertThat(fact(explanation, "Machine", "sandbox").is()).contains("spawn=deny");
    assertThat(fact(explanation, "Virtual devices", "disk layer-0").is()).startsWith("read-only");
    assertThat(fact(explanation, "Virtual devices", "disk disk").is()).startsWith("writable, raw");
    assertThat(explanation.plan().toString()).contains("-nodefaults", "echo");
    assertThat(explanation.pid()).isEmpty();
    assertThat(engine.instances()).isEmpty();
    assertThat(test.root().resolve("instances").toFile().list()).isSubsetOf(before);
  }

  @Test
  void aMachineThatRunsIsShownByTheKernelAsItWasPlanned() throws Exception {
    Instance house = engine.create(shell("echo up; exec sleep 1000").build());
    house.start();
    Explanation explanation = engine.explain(house.id());
    assertThat(explanation.differences()).isEmpty();
    int pid = explanation.pid().orElseThrow();
    Fact machine = fact(explanation, "Machine", "kernel arguments");
    assertThat(machine.origin()).isEqualTo(Fact.Origin.KERNEL);
    assertThat(fact(explanation, "Program", "program").origin()).isEqualTo(Fact.Origin.PLAN);
    List<String> told = new ArrayList<>();
    for (Chapter chapter : explanation.chapters()) {
      chapter.facts().forEach(fact -> told.add(fact.is() + " " + fact.detail()));
    }
    // No word of its command line is left out.
    assertThat(Files.readString(Path.of("/proc/" + pid + "/cmdline"), UTF_8).split("\0", -1))
        .allSatisfy(word -> assertThat(told).anyMatch(line -> line.contains(word)));
    assertThat(fact(explanation, "Hypervisor: Namespaces", "user").detail())
        .isEqualTo(Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/user")).toString());
  }

  @Test
  void anotherCommandLineThanThePlannedOneIsPointedOut() {
    Chapters plan = new Chapters();
    HypervisorReader.read(List.of("qemu", "-m", "128M", "-sandbox", "on"), plan::plan);
    Chapters view = new Chapters();
    HypervisorReader.read(
        List.of("qemu", "-m", "128M", "-device", "e1000"),
        (topic, what, is, detail, why) -> view.see(topic, what, is, detail));
    assertThat(new Comparison(plan, view).differences())
        .extracting(Difference::chapter, Difference::what, Difference::seen)
        .containsExactlyInAnyOrder(
            tuple("Machine", "sandbox", ""), tuple("Virtual devices", "e1000", "e1000"));
  }
}
