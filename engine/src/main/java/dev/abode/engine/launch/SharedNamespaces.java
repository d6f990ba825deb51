package dev.abode.engine.launch;

import dev.abode.engine.container.SharedNamespace;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Sharing;
import dev.abode.init.Namespace;
import java.util.EnumMap;
import java.util.Map;

/** The namespaces that an instance does not have of its own, as its record asks. */
final class SharedNamespaces {
  private SharedNamespaces() {}

  /**
   * Those that a start joins.
   *
   * @param others the instances that run, by the names that the record gives them
   * @throws EngineException CONFLICT when one does not run
   */
  static Map<Namespace, SharedNamespace> atStart(InstanceSpec spec, Map<String, Workload> others) {
    Map<Namespace, SharedNamespace> joined = new EnumMap<>(Namespace.class);
    join(joined, Namespace.PID, spec.sharing().pid(), others);
    join(joined, Namespace.IPC, spec.sharing().ipc(), others);
    join(joined, Namespace.UTS, spec.sharing().uts(), others);
    join(joined, Namespace.USER, spec.sharing().user(), others);
    join(joined, Namespace.CGROUP, spec.sharing().cgroup(), others);
    if (spec.network() instanceof NetworkMode.Instance other) {
      joined.put(Namespace.NETWORK, namespacesOf(other.nameOrId(), others));
    }
    return joined;
  }

  private static void join(
      Map<Namespace, SharedNamespace> joined,
      Namespace namespace,
      Sharing.With with,
      Map<String, Workload> others) {
    switch (with) {
      case Sharing.With.Instance other ->
          joined.put(namespace, namespacesOf(other.nameOrId(), others));
      case Sharing.With.Nobody nobody -> {}
      case Sharing.With.Host shared -> {}
    }
  }

  private static SharedNamespace namespacesOf(String name, Map<String, Workload> others) {
    Workload workload = others.get(name);
    if (workload == null) {
      throw new EngineException(
          Kind.CONFLICT, "cannot share namespaces with " + name + ", which does not run");
    }
    return new SharedNamespace(workload.pid(), workload.startTicks());
  }

  /** Those that a further process reaches through the first one. */
  static Map<Namespace, SharedNamespace> through(SharedNamespace first, InstanceSpec spec) {
    Map<Namespace, SharedNamespace> shared = new EnumMap<>(Namespace.class);
    Map<Namespace, Sharing.With> all =
        Map.of(
            Namespace.PID, spec.sharing().pid(),
            Namespace.IPC, spec.sharing().ipc(),
            Namespace.UTS, spec.sharing().uts(),
            Namespace.USER, spec.sharing().user(),
            Namespace.CGROUP, spec.sharing().cgroup());
    all.forEach(
        (namespace, with) -> {
          if (with instanceof Sharing.With.Instance) {
            shared.put(namespace, first);
          }
        });
    if (spec.network() instanceof NetworkMode.Instance) {
      shared.put(Namespace.NETWORK, first);
    }
    return shared;
  }
}
