package dev.abode.engine.insight;

import dev.abode.engine.explanation.Chapter;
import dev.abode.engine.explanation.Difference;
import dev.abode.engine.launch.Blueprint;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Remote;
import dev.abode.init.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What there is to tell of a virtual machine beside the jail of its hypervisor, whose plan is read
 * like any other: the machine, its devices, and the guest's plan. Of a container it is nothing.
 *
 * <p>Chapters on the workload have the same names for both kinds, so that one instance can be held
 * against the other; those on the jail say whose they are.
 */
final class MachineReading {
  private final Blueprint blueprint;
  private final Optional<LaunchPlan> guest;

  MachineReading(Blueprint blueprint) {
    this.blueprint = blueprint;
    this.guest =
        blueprint
            .plan()
            .supervision()
            .remote()
            .filter(Remote.Machine.class::isInstance)
            .map(remote -> ((Remote.Machine) remote).guest());
  }

  /** Tells what the planned command line makes. */
  void tellPlan(Chapters chapters) {
    if (guest.isPresent()) {
      HypervisorReader.read(command(blueprint.plan()), chapters::plan);
      for (Blueprint.Server helper : blueprint.helpers()) {
        chapters.plan(
            Topic.HELPERS,
            helper.task(),
            words(command(helper.plan())),
            "",
            "One for each folder or volume, with no other file of the host in its root.");
      }
    }
  }

  /** Tells what the command line of the running process has made. */
  void tellProcess(int pid, Chapters view) throws IOException {
    if (guest.isPresent()) {
      String line =
          new String(
              Files.readAllBytes(Path.of("/proc/" + pid + "/cmdline")), StandardCharsets.UTF_8);
      HypervisorReader.read(
          Arrays.stream(line.split("\0", -1)).filter(word -> !word.isEmpty()).toList(),
          (topic, what, is, detail, why) -> view.see(topic, what, is, detail));
    }
  }

  private static List<String> command(LaunchPlan plan) {
    return plan.inside().getLast() instanceof Step.Execute execute
        ? execute.arguments()
        : List.of();
  }

  private static String words(List<String> command) {
    return command.stream().map(PlanReader::quoted).collect(Collectors.joining(" "));
  }

  /** All chapters, given those on what stands on the host. */
  List<Chapter> chapters(Chapters onHost) {
    if (guest.isEmpty()) {
      return onHost.list();
    }
    List<Chapter> all = new ArrayList<>(GuestReading.of(guest.get()).list());
    List<Chapter> jail = new ArrayList<>(onHost.list(MachineReading::title));
    // First the machine that the guest is in, then what the machine is in.
    List<String> first = List.of(Topic.MACHINE.title(), Topic.BOARD.title());
    jail.stream().filter(chapter -> first.contains(chapter.name())).forEach(all::add);
    jail.stream().filter(chapter -> !first.contains(chapter.name())).forEach(all::add);
    return all;
  }

  List<Difference> differences(List<Difference> onHost) {
    if (guest.isEmpty()) {
      return onHost;
    }
    return onHost.stream()
        .map(
            difference ->
                new Difference(
                    Arrays.stream(Topic.values())
                        .filter(topic -> topic.title().equals(difference.chapter()))
                        .map(MachineReading::title)
                        .findFirst()
                        .orElse(difference.chapter()),
                    difference.what(),
                    difference.planned(),
                    difference.seen(),
                    difference.remark()))
        .toList();
  }

  private static String title(Topic topic) {
    return switch (topic) {
      case MACHINE, BOARD, HELPERS, SUPERVISION -> topic.title();
      case PROGRAM,
          NAMESPACES,
          IDS,
          ROOT,
          MOUNTS,
          HIDDEN,
          DEVICES,
          CAPABILITIES,
          CALLS,
          LIMITS,
          NETWORK,
          SETTINGS ->
          "Hypervisor: " + topic.title();
    };
  }
}
