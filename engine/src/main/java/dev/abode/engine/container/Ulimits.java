package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Limits.Ulimit;
import dev.abode.init.Capability;
import dev.abode.init.ResourceLimit;
import dev.abode.init.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code --ulimit} as steps. A hard limit may always be lowered; raising it takes CAP_SYS_RESOURCE
 * in the host's user namespace, so it is done by the stage, and lowered to the exact value by the
 * workload itself.
 */
final class Ulimits {
  private Ulimits() {}

  /** Steps of the stage: hard limits that are higher than the engine's own. */
  static List<Step> raise(List<Ulimit> ulimits, HostFacts host) {
    List<Step> steps = new ArrayList<>();
    for (Ulimit ulimit : ulimits) {
      ResourceLimit resource = parse(ulimit);
      long ours = host.hardLimits().getOrDefault(resource, ResourceLimit.UNLIMITED);
      if (!exceeds(ulimit.hard(), ours)) {
        continue;
      }
      if (!host.capabilities().contains(Capability.SYS_RESOURCE)) {
        throw new EngineException(
            EngineException.Kind.PERMISSION,
            "cannot set the hard limit "
                + ulimit.name()
                + " to "
                + words(ulimit.hard())
                + ": the engine's own is "
                + words(ours)
                + " and it lacks CAP_SYS_RESOURCE to raise it; ask for at most "
                + words(ours)
                + ", or start the engine with a higher limit");
      }
      steps.add(new Step.SetLimit(resource, ulimit.soft(), ulimit.hard()));
    }
    return steps;
  }

  /** Steps of the workload: the limits themselves. */
  static List<Step> set(List<Ulimit> ulimits) {
    return ulimits.stream()
        .map(u -> (Step) new Step.SetLimit(parse(u), u.soft(), u.hard()))
        .toList();
  }

  private static ResourceLimit parse(Ulimit ulimit) {
    if (exceeds(ulimit.soft(), ulimit.hard())) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "ulimit "
              + ulimit.name()
              + ": the soft limit "
              + words(ulimit.soft())
              + " must be at most the hard limit "
              + words(ulimit.hard()));
    }
    try {
      return ResourceLimit.valueOf(ulimit.name().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "invalid ulimit type: "
              + ulimit.name()
              + "; setrlimit(2) lists them, for example nofile or nproc",
          e);
    }
  }

  private static boolean exceeds(long limit, long bound) {
    return bound != ResourceLimit.UNLIMITED && (limit == ResourceLimit.UNLIMITED || limit > bound);
  }

  private static String words(long limit) {
    return limit == ResourceLimit.UNLIMITED ? "unlimited" : Long.toString(limit);
  }
}
