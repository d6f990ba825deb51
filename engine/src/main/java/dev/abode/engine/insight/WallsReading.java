package dev.abode.engine.insight;

import dev.abode.engine.explanation.Explanation;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.launch.Blueprint;
import dev.abode.engine.launch.Workload;
import dev.abode.linux.ProcessIdentity;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Explains the walls of an instance, from its blueprint and from the kernel. */
public final class WallsReading {
  private WallsReading() {}

  /**
   * Explains.
   *
   * @param subject the instance's name, or the image
   * @param running what runs of it; then the kernel's view is told and held against the plan
   * @throws EngineException of kind CONFLICT when it ends while it is looked at
   */
  public static Explanation of(
      String subject, String image, Blueprint blueprint, Optional<Workload> running)
      throws IOException {
    MachineReading machine = new MachineReading(blueprint);
    PlanReader plan = PlanReader.read(blueprint);
    machine.tellPlan(plan.chapters());
    if (running.isEmpty()) {
      return new Explanation(
          subject,
          image,
          OptionalInt.empty(),
          machine.chapters(plan.chapters()),
          PlanDocument.of(blueprint),
          List.of());
    }
    Workload workload = running.get();
    Comparison comparison =
        new Comparison(plan.chapters(), view(subject, workload, blueprint, plan, machine));
    return new Explanation(
        subject,
        image,
        OptionalInt.of(workload.pid()),
        machine.chapters(comparison.merged()),
        PlanDocument.of(blueprint),
        machine.differences(comparison.differences()));
  }

  private static Chapters view(
      String subject,
      Workload workload,
      Blueprint blueprint,
      PlanReader plan,
      MachineReading machine)
      throws IOException {
    ProcessIdentity process = new ProcessIdentity(workload.pid(), workload.startTicks());
    IOException failure = new IOException("it is gone");
    try {
      Chapters view = KernelView.of(workload.pid(), blueprint, plan);
      machine.tellProcess(workload.pid(), view);
      // Only now is it sure that all of this was said of this very process.
      if (process.isRunning()) {
        return view;
      }
    } catch (IOException e) {
      if (process.isRunning()) {
        throw e;
      }
      failure = e;
    }
    throw new EngineException(
        EngineException.Kind.CONFLICT,
        subject + " ended while it was looked at; abode why " + subject + " tells why it ended",
        failure);
  }
}
