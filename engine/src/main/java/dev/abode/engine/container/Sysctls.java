package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.init.Step;
import dev.abode.init.Step.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Kernel parameters that belong to a namespace of the instance, {@code --sysctl}. */
public final class Sysctls {
  private static final Set<String> IPC =
      Set.of(
          "kernel.msgmax",
          "kernel.msgmnb",
          "kernel.msgmni",
          "kernel.sem",
          "kernel.shmall",
          "kernel.shmmax",
          "kernel.shmmni",
          "kernel.shm_rmid_forced");
  private static final Set<String> UTS = Set.of("kernel.domainname");

  private static final String OVERCOMMIT = "vm.overcommit_memory";

  private Sysctls() {}

  /**
   * @param ownIpc whether the instance has an IPC namespace of its own
   * @param ownNetwork likewise for the network
   * @throws EngineException of kind INVALID_ARGUMENT for a parameter of the host
   */
  static List<Step> steps(
      Map<String, String> asked, boolean ownIpc, boolean ownNetwork, boolean ownUts) {
    List<Step> steps = new ArrayList<>();
    for (Map.Entry<String, String> entry : new TreeMap<>(asked).entrySet()) {
      String name = entry.getKey().replace('/', '.');
      check(name, ownIpc, ownNetwork, ownUts);
      steps.add(write(name, entry.getValue(), Place.ROOTFS));
    }
    return steps;
  }

  /**
   * What Docker sets in every network of an instance's own: any process may bind ports below 1024
   * and send echo requests, since neither endangers anyone else there.
   *
   * @param ids how many ids the user namespace has
   */
  static List<Step> networkDefaults(Map<String, String> asked, long ids) {
    return networkDefaults(asked, ids, Place.ROOTFS);
  }

  private static List<Step> networkDefaults(Map<String, String> asked, long ids, Place place) {
    List<Step> steps = new ArrayList<>();
    if (!asked.containsKey("net.ipv4.ip_unprivileged_port_start")) {
      steps.add(new Step.Tolerated(write("net.ipv4.ip_unprivileged_port_start", "0", place)));
    }
    if (!asked.containsKey("net.ipv4.ping_group_range")) {
      steps.add(
          new Step.Tolerated(
              write("net.ipv4.ping_group_range", "0 " + Math.min(ids - 1, 2147483647L), place)));
    }
    return steps;
  }

  /**
   * Whether this parameter, its parts divided by dots or by slashes, is one of each IPC or UTS
   * namespace.
   */
  public static boolean isOfIpcOrUts(String name) {
    String dotted = name.replace('/', '.');
    return isOfIpc(dotted) || UTS.contains(dotted);
  }

  /**
   * The settings of a kernel that the instance has to itself: all that is asked for but what is of
   * an IPC or UTS namespace, what Docker sets in every network, and that memory may be reserved
   * beyond what there is. A container may, on a host that is larger than its limit; only its use is
   * limited.
   *
   * @throws EngineException of kind INVALID_ARGUMENT for what is not the name of a parameter
   */
  public static List<Step> ofOwnKernel(Map<String, String> asked) {
    List<Step> steps = networkDefaults(asked, 1L << 31, Place.HOST);
    if (!asked.containsKey(OVERCOMMIT)) {
      steps.add(write(OVERCOMMIT, "1", Place.HOST));
    }
    for (Map.Entry<String, String> entry : new TreeMap<>(asked).entrySet()) {
      String name = entry.getKey().replace('/', '.');
      checkName(name);
      if (!isOfIpcOrUts(name)) {
        steps.add(write(name, entry.getValue(), Place.HOST));
      }
    }
    return steps;
  }

  private static Step.WriteFile write(String name, String value, Place place) {
    return new Step.WriteFile(place, "/proc/sys/" + name.replace('.', '/'), value);
  }

  private static void checkName(String name) {
    if (name.contains("..") || name.isEmpty()) {
      throw refused(name, "it is not the name of a kernel parameter");
    }
  }

  private static boolean isOfIpc(String name) {
    return IPC.contains(name) || name.startsWith("fs.mqueue.");
  }

  private static void check(String name, boolean ownIpc, boolean ownNetwork, boolean ownUts) {
    checkName(name);
    if (isOfIpc(name)) {
      if (!ownIpc) {
        throw refused(name, "the instance does not have an IPC namespace of its own");
      }
    } else if (name.startsWith("net.")) {
      if (!ownNetwork) {
        throw refused(name, "the instance does not have a network of its own");
      }
    } else if (UTS.contains(name)) {
      if (!ownUts) {
        throw refused(name, "the instance does not have a UTS namespace of its own");
      }
    } else {
      throw refused(
          name, "it is not in a separate kernel namespace and would change the whole host");
    }
  }

  private static EngineException refused(String name, String why) {
    return new EngineException(
        EngineException.Kind.INVALID_ARGUMENT, "sysctl '" + name + "' is not allowed: " + why);
  }
}
