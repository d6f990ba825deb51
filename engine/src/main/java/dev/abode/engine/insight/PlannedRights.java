package dev.abode.engine.insight;

import dev.abode.engine.seccomp.FilterSummary;
import dev.abode.init.Capability;
import dev.abode.init.Step;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;

/** What a plan lets a program do: its capabilities, and the system calls that reach the kernel. */
final class PlannedRights {
  private final Chapters chapters;

  PlannedRights(Chapters chapters) {
    this.chapters = chapters;
  }

  /** What holds as long as no step says otherwise. */
  void unbounded() {
    chapters.plan(
        Topic.CALLS,
        "no new privileges",
        "no",
        "",
        "Set-user-ID programs such as su work; --security-opt no-new-privileges forbids them.");
    chapters.plan(
        Topic.CALLS, "filter", "off", "", "Every system call reaches the kernel, which is shared.");
  }

  void noNewPrivileges() {
    chapters.plan(
        Topic.CALLS,
        "no new privileges",
        "yes",
        "",
        "Set-user-ID programs run with the rights of their caller.");
  }

  /** What the program may ever hold. */
  void bounding(Set<Capability> keep) {
    for (Capability capability : Capability.values()) {
      if (keep.contains(capability)) {
        chapters.plan(
            Topic.CAPABILITIES, capability.name(), "may be held", "", Wording.why(capability));
      }
    }
    Set<Capability> withheld = EnumSet.allOf(Capability.class);
    withheld.removeAll(keep);
    chapters.plan(
        Topic.CAPABILITIES,
        "withheld",
        Wording.capabilities(withheld),
        "",
        withheld.contains(Capability.SYS_ADMIN)
            ? "Not even a set-user-ID program can get them back."
            : "SYS_ADMIN is not among them: with it most other walls can be taken down.");
  }

  /** What it holds, and hands on. */
  void held(Step.SetCapabilities set) {
    chapters.plan(
        Topic.CAPABILITIES,
        "held",
        Wording.capabilities(set.effective()),
        "",
        "What the program itself can use at once.");
    chapters.plan(
        Topic.CAPABILITIES,
        "handed on",
        Wording.capabilities(set.ambient()),
        "",
        "What programs that it executes get without being set-user-ID (CVE-2022-24769).");
  }

  /** Which calls reach the kernel. */
  void filter(ByteBuffer program) {
    FilterSummary summary = FilterSummary.of(program);
    int all = summary.allowed().size() + summary.refused().size();
    chapters.plan(
        Topic.CALLS,
        "filter",
        "on",
        summary.instructions() + " instructions",
        "Checked by the kernel before each call; the process cannot take it off.");
    chapters.plan(
        Topic.CALLS,
        "allowed",
        summary.allowed().size() + " of " + all + " calls",
        "",
        "Some of them with certain arguments only.");
    chapters.plan(
        Topic.CALLS,
        "refused",
        String.join(", ", summary.refused()),
        "",
        "Seldom needed, and where flaws of the kernel were found. New calls are refused as well.");
  }
}
