package dev.abode.engine.launch;

import dev.abode.engine.container.ContainerPlan;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.init.Namespace;
import dev.abode.init.Step;
import dev.abode.init.Step.Place;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a clone another machine than the one it was cloned from, while its workload stands still:
 * its name, the files in {@code /etc} that say it, and its machine-id, if it has one. Time and
 * random numbers are the agent's business, and done by then.
 */
record CloneIdentity(GuestSteps guest) {
  private static final int MACHINE_ID_BYTES = 16;

  /** How often the file may name the host: once for each address, and at most with a domain. */
  private static final int NAMES_IN_HOSTS = 8;

  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * Takes it.
   *
   * @param origin the host name of the instance that was cloned
   * @param etc the content of the clone's files in {@code /etc}
   */
  void take(String origin, InstanceRecord clone, Map<String, String> etc) throws IOException {
    guest.play(
        steps(origin, clone, etc), clone.name() + " cannot be told that it is not " + origin);
  }

  /**
   * Takes the limits and addresses that it has now, which may be others than at the moment it goes
   * on from.
   */
  void move(InstanceRecord instance, List<Step> present) throws IOException {
    guest.play(present, instance.name() + " cannot be given its limits and addresses");
  }

  private static List<Step> steps(String origin, InstanceRecord clone, Map<String, String> etc) {
    String hostname = ContainerPlan.hostname(clone.spec(), clone.id());
    // Files are written in place, since they are mounted: a longer name is written over.
    String rest = "\n".repeat(Math.max(0, origin.length() - hostname.length()));
    byte[] machineId = new byte[MACHINE_ID_BYTES];
    RANDOM.nextBytes(machineId);
    return List.of(
        Step.Enter.workload(Set.of(Namespace.UTS, Namespace.MOUNT)),
        new Step.SetHostname(hostname),
        replace("/etc/hostname", etc.getOrDefault("hostname", "") + rest),
        replace("/etc/hosts", etc.getOrDefault("hosts", "") + rest.repeat(NAMES_IN_HOSTS)),
        replace("/etc/machine-id", HexFormat.of().formatHex(machineId) + "\n"));
  }

  /** An image need not have that file, and a machine that changed it keeps what it has made. */
  private static Step replace(String path, String content) {
    return new Step.Tolerated(new Step.WriteFile(Place.HOST, path, content));
  }
}
