package dev.abode.engine.launch;

import dev.abode.engine.cgroup.ControlWrite;
import dev.abode.engine.cgroup.DeviceAccess;
import dev.abode.engine.explanation.Chapter;
import dev.abode.init.LaunchPlan;
import java.util.List;

/**
 * Everything a start does, before it is done: for those who want to know, not for those who do it.
 *
 * @param plan what the supervisor would play
 * @param controlGroups what the engine writes to the instance's control groups before that
 * @param devices which devices its control group lets it use
 * @param further what walls of another kind have to tell: a hypervisor's command line, its devices
 */
public record Blueprint(
    LaunchPlan plan,
    List<ControlWrite> controlGroups,
    DeviceAccess devices,
    List<Chapter> further) {
  public Blueprint {
    controlGroups = List.copyOf(controlGroups);
    further = List.copyOf(further);
  }
}
