package dev.abode.engine.launch;

import dev.abode.engine.bridge.MachinePlug;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.machine.GuestPlan;
import dev.abode.engine.machine.Monitor;
import dev.abode.engine.machine.NetworkCard;
import dev.abode.engine.network.Endpoint;
import dev.abode.init.Namespace;
import dev.abode.init.ShimBinary;
import dev.abode.init.Step;
import dev.abode.init.Step.Place;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cards that are put into a running machine, and taken out again. What a guest does with them is
 * its own affair: it has its time, and no more of it, to take one up or to give one back.
 */
record MachineCards(MachineDesign design, MachineInterior interior, ShimBinary shims) {
  private static final Logger LOGGER = LoggerFactory.getLogger(MachineCards.class);
  private static final int MAX_ETC_BYTES = 1 << 20;

  /** Puts one in, and has the guest set it up; when that fails it is taken out again. */
  void insert(Whereabouts at, List<Endpoint> before, Endpoint further) throws IOException {
    int pid = at.workload().orElseThrow().pid();
    List<Endpoint> all = new ArrayList<>(before);
    all.add(further);
    // Where it is plugged in is of no interest: the guest knows it by its address.
    List<NetworkCard> cards = design.cards(all);
    try (Monitor monitor = Monitor.open(pid)) {
      monitor.insertCard(further);
    } catch (IOException e) {
      throw refused(at, "its hypervisor takes no card", e);
    }
    try {
      steps(at).play(GuestPlan.joined(cards), "its guest does not set up the card");
    } catch (IOException e) {
      takeOut(at, further);
      throw refused(at, "its guest does not take the card up", e);
    } catch (RuntimeException e) {
      takeOut(at, further);
      throw e;
    }
    renewEtc(at, before, all);
  }

  private static EngineException refused(Whereabouts at, String why, IOException cause) {
    String name = at.record().name();
    return new EngineException(
        Kind.CONFLICT,
        name
            + " cannot be connected as it runs: "
            + why
            + " ("
            + cause.getMessage()
            + "); stop it, connect it, and start it again",
        cause);
  }

  /** Takes one out that leads nowhere any more; the guest is asked to give it up before. */
  void remove(Whereabouts at, Endpoint gone, List<Endpoint> left) {
    List<Endpoint> before = new ArrayList<>(left);
    before.add(gone);
    if (!takeOut(at, gone)) {
      return; // It would not hear of the rest either.
    }
    try {
      if (!left.isEmpty()) {
        steps(at)
            .play(
                GuestPlan.parted(design.cards(left)),
                at.record().name() + " cannot find its way without the network it has left");
      }
      renewEtc(at, before, left);
    } catch (IOException e) {
      LOGGER.warn("the guest of {} does not follow a change of its networks", at.record(), e);
    }
  }

  private static boolean takeOut(Whereabouts at, Endpoint endpoint) {
    int pid = at.workload().orElseThrow().pid();
    try (Monitor monitor = Monitor.open(pid)) {
      if (monitor.removeCard(endpoint)) {
        MachinePlug.unplug(pid, endpoint);
        return true;
      }
      LOGGER.warn(
          "the guest of {} keeps the card {}, which leads nowhere now",
          at.record().name(),
          endpoint.interfaceName());
    } catch (IOException e) {
      LOGGER.warn("a card of {} could not be taken out", at.record().name(), e);
    }
    return false;
  }

  private GuestSteps steps(Whereabouts at) {
    return new GuestSteps(shims, at.run());
  }

  /** Files that the instance has changed are left alone. */
  private void renewEtc(Whereabouts at, List<Endpoint> before, List<Endpoint> after) {
    try {
      Map<String, String> old = InstanceEtc.ofNetworks(at.record(), before);
      List<Map.Entry<String, String>> files =
          List.copyOf(InstanceEtc.ofNetworks(at.record(), after).entrySet());
      List<Optional<byte[]>> contents =
          interior
              .files(at)
              .contents(files.stream().map(f -> "/etc/" + f.getKey()).toList(), MAX_ETC_BYTES);
      List<Step> steps = new ArrayList<>();
      for (int i = 0; i < files.size(); i++) {
        String name = files.get(i).getKey();
        String text = files.get(i).getValue();
        String present = contents.get(i).map(c -> new String(c, StandardCharsets.UTF_8)).orElse("");
        if (!present.equals(text)
            && present.stripTrailing().equals(old.getOrDefault(name, "").stripTrailing())) {
          // They are mounted and written in place: what was longer is written over.
          String rest = "\n".repeat(Math.max(0, present.length() - text.length()));
          steps.add(new Step.WriteFile(Place.HOST, "/etc/" + name, text + rest));
        }
      }
      if (!steps.isEmpty()) {
        steps.addFirst(Step.Enter.workload(Set.of(Namespace.MOUNT)));
        steps(at).play(steps, at.record().name() + " cannot be told its names");
      }
    } catch (IOException | RuntimeException e) {
      LOGGER.warn("/etc of {} tells of the networks it was in before", at.record().name(), e);
    }
  }
}
