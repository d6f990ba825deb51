package dev.abode.engine.launch;

import dev.abode.engine.container.LaunchFailure;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.machine.MachineFailure;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Remote;
import dev.abode.init.ShimEvent;

/** Says what went wrong when a plan was played on the host and in a guest. */
final class MachineFailures {
  private MachineFailures() {}

  static EngineException explain(InstanceRecord record, LaunchPlan plan, ShimEvent.Failed failure) {
    return switch (failure.phase()) {
      case SHIM, BEFORE, CLONE, BESIDE, INSIDE -> LaunchFailure.of(failure, plan);
      case GUEST_SHIM -> ofGuest(plan, LaunchPlan.Phase.SHIM, failure);
      case GUEST_BEFORE -> ofGuest(plan, LaunchPlan.Phase.BEFORE, failure);
      case GUEST_CLONE -> ofGuest(plan, LaunchPlan.Phase.CLONE, failure);
      case GUEST_BESIDE -> ofGuest(plan, LaunchPlan.Phase.BESIDE, failure);
      case GUEST_INSIDE -> ofGuest(plan, LaunchPlan.Phase.INSIDE, failure);
      case MACHINE -> ofMachine(record, plan, failure);
    };
  }

  private static EngineException ofGuest(
      LaunchPlan plan, LaunchPlan.Phase phase, ShimEvent.Failed failure) {
    ShimEvent.Failed inGuest = new ShimEvent.Failed(phase, failure.step(), failure.errno());
    return switch (plan.supervision().remote().orElseThrow()) {
      case Remote.Machine machine -> LaunchFailure.of(inGuest, machine.guest());
      case Remote.Session session -> LaunchFailure.of(inGuest, session.guest());
      case Remote.Idle idle -> throw new IllegalArgumentException("nothing is launched in " + idle);
    };
  }

  private static EngineException ofMachine(
      InstanceRecord record, LaunchPlan plan, ShimEvent.Failed failure) {
    return switch (plan.supervision().remote().orElseThrow()) {
      case Remote.Machine machine ->
          MachineFailure.boot(record.name(), failure.step(), failure.errno(), machine.console());
      case Remote.Idle idle ->
          MachineFailure.boot(record.name(), failure.step(), failure.errno(), idle.console());
      case Remote.Session session ->
          new EngineException(
              Kind.CONFLICT,
              "the virtual machine of "
                  + record.name()
                  + " takes no further process: it is ending, or its agent does not answer");
    };
  }
}
