package dev.abode.engine.launch;

import dev.abode.engine.cgroup.ControlWrite;
import dev.abode.engine.cgroup.DeviceAccess;
import dev.abode.init.LaunchPlan;
import java.util.List;

/**
 * Everything a start does, before it is done: for those who want to know, not for those who do it.
 *
 * @param plan what the supervisor would play; of a machine the plan of its hypervisor, in whose
 *     supervision there is the guest's
 * @param controlGroups what the engine writes to the instance's control groups before that
 * @param devices which devices its control group lets it use
 * @param helpers programs that are started before, each in a jail of its own
 */
public record Blueprint(
    LaunchPlan plan, List<ControlWrite> controlGroups, DeviceAccess devices, List<Server> helpers) {
  public Blueprint {
    controlGroups = List.copyOf(controlGroups);
    helpers = List.copyOf(helpers);
  }

  /**
   * A program that serves an instance.
   *
   * @param task what it does, unique in the blueprint
   */
  public record Server(String task, LaunchPlan plan) {}
}
