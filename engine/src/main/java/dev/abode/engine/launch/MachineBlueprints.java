package dev.abode.engine.launch;

import dev.abode.engine.cgroup.Cgroup;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.machine.CardPlace;
import dev.abode.engine.machine.HypervisorLimits;
import dev.abode.engine.machine.MachineContent;
import dev.abode.engine.machine.NetworkCard;
import dev.abode.engine.machine.Share;
import dev.abode.engine.machine.ShareJail;
import dev.abode.engine.machine.ShareServer;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.record.InstanceRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The blueprints of machines: the plans that {@link MachineWalls#raise} makes, of parts that are
 * named where that one makes them. Only what all machines share is made for it: layers, kernel.
 */
record MachineBlueprints(
    MachineDesign design, MachineRoom room, HostMounts mounts, Templates templates) {
  /** What stands for the tap of a network that has given out no address yet. */
  private static final String COMING_TAP = "tap.to-come-";

  Blueprint of(Birth birth) throws IOException {
    InstanceRecord record = birth.record();
    InstanceSpec spec = record.spec();
    // What was put in since, and taken out, is on no command line.
    List<Endpoint> endpoints = birth.network().began();
    List<NetworkCard> cards = design.cards(endpoints, numbers(birth, endpoints.size()));
    List<CardPlace> places =
        cards.isEmpty()
            ? MachineModel.cards(networks(spec.network())).stream()
                .map(number -> new CardPlace(number, COMING_TAP + number))
                .toList()
            : cards.stream().map(NetworkCard::place).toList();
    MachineModel model =
        design.model(spec, birth.layers().size(), places.stream().map(CardPlace::number).toList());
    Limits limits =
        HypervisorLimits.of(spec.limits(), model.shape(), model.hypervisor().acceleration());
    Cgroup found = room.cgroups().find(record.id());
    boolean stands = found.exists();
    Cgroup cgroup = stands ? found : room.cgroups().planned(record.id(), limits);
    List<Share> shares = MachineDesign.shares(mounts.foreseen(record.mounts()));
    Path sockets = ShareServers.sockets(birth.run());
    List<Blueprint.Server> helpers = new ArrayList<>();
    for (Share share : shares) {
      helpers.add(
          new Blueprint.Server(
              share.bind().source() + " to " + share.bind().target(),
              ShareJail.of(
                  ShareServer.find(),
                  share,
                  birth.folder().path(),
                  birth.firstId().orElseThrow(),
                  cgroup.placement(),
                  sockets)));
    }
    return new Blueprint(
        design.plan(
            birth,
            new MachineDesign.Parts(
                model,
                cgroup.placement(),
                content(birth, model, stands, !shares.isEmpty()),
                /* resumes= */ !stands && Files.exists(next(birth)),
                MachineRoom.foreseenDisks(birth.folder(), birth.layers()),
                places,
                cards,
                shares,
                sockets)),
        cgroup.writes(limits),
        MachineRoom.DEVICES,
        helpers);
  }

  /** As they were when the run began, or will be when the next one does. */
  private static List<Integer> numbers(Birth birth, int networks) throws IOException {
    Path folder = birth.folder().path();
    boolean next = Files.exists(next(birth));
    List<Integer> saved =
        SavedCards.read(next ? next(birth) : folder.resolve(MachineSnapshot.BASE)).numbers();
    return saved.size() == networks ? saved : MachineModel.cards(networks);
  }

  private static int networks(NetworkMode mode) {
    return mode instanceof NetworkMode.Bridged bridged ? bridged.endpoints().size() : 0;
  }

  private static Path next(Birth birth) {
    return birth.folder().path().resolve(MachineSnapshot.NEXT);
  }

  /** What the present run was started from, or what the next one would be. */
  private MachineContent content(Birth birth, MachineModel model, boolean stands, boolean shares)
      throws IOException {
    List<Path> memory;
    Path devices;
    if (stands) {
      Path base = birth.folder().path().resolve(MachineSnapshot.BASE);
      memory = MachineSnapshot.memory(base);
      devices = base.resolve(MachineSnapshot.DEVICES);
    } else if (shares) {
      return new MachineContent.Empty();
    } else if (Files.exists(next(birth))) {
      memory = MachineSnapshot.memory(next(birth));
      devices = next(birth).resolve(MachineSnapshot.DEVICES);
    } else {
      memory = templates.memoryOf(model);
      devices = templates.devicesOf(model);
    }
    return memory.isEmpty()
        ? new MachineContent.Empty()
        : new MachineContent.Saved(memory.getLast(), devices);
  }
}
