package dev.abode.cli.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** What the numbers say, in sentences; only what was measured is said. */
final class Summary {
  /** Closer to each other than this, speeds are called the same: runs differ by as much. */
  private static final double SAME = 0.15;

  private Summary() {}

  static List<String> of(Comparison comparison) {
    List<String> sentences = new ArrayList<>();
    comparison
        .times("vm", "container", Measure.FIRST_BYTE)
        .ifPresent(
            times ->
                sentences.add(
                    "A container answered " + times(times) + " as fast as a virtual machine."));
    comparison
        .times("vm", "container", Measure.MEMORY)
        .ifPresent(
            times ->
                sentences.add(
                    "An idle virtual machine took "
                        + times(times)
                        + " the memory of an idle container: it has a kernel of its own."));
    OptionalDouble container = comparison.times("container", Comparison.NATIVE, Measure.CPU);
    OptionalDouble machine = comparison.times("vm", Comparison.NATIVE, Measure.CPU);
    if (container.isPresent() && machine.isPresent()) {
      sentences.add(
          "In a container a program computed at "
              + speed(container.getAsDouble())
              + ", in a virtual machine at "
              + speed(machine.getAsDouble())
              + ".");
    }
    if (comparison.cell("container", Measure.REACHABLE_CALLS) instanceof Cell.Measured here
        && comparison.cell(Comparison.NATIVE, Measure.REACHABLE_CALLS)
            instanceof Cell.Measured all) {
      sentences.add(
          "A container reaches "
              + Numbers.text(here.median())
              + " of the "
              + Numbers.text(all.median())
              + " calls of the one kernel that everybody on this host shares; a virtual machine has"
              + " its own, and its neighbours are behind a hypervisor besides.");
    }
    return sentences;
  }

  private static String times(double times) {
    return Numbers.text(times) + " times";
  }

  private static String speed(double part) {
    return Math.abs(part - 1) < SAME
        ? "the host's speed"
        : Math.round(part * 100) + " % of the host's speed";
  }
}
