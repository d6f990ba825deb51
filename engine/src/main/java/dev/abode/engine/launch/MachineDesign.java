package dev.abode.engine.launch;

import dev.abode.engine.bridge.BridgeNetworks;
import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.container.BindMount;
import dev.abode.engine.container.HostFacts;
import dev.abode.engine.guest.GuestBoot;
import dev.abode.engine.guest.Kernels;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.engine.machine.CardPlace;
import dev.abode.engine.machine.GuestGround;
import dev.abode.engine.machine.GuestPlan;
import dev.abode.engine.machine.Hypervisor;
import dev.abode.engine.machine.Hypervisors;
import dev.abode.engine.machine.MachineContent;
import dev.abode.engine.machine.MachineDisk;
import dev.abode.engine.machine.MachineGround;
import dev.abode.engine.machine.MachinePlan;
import dev.abode.engine.machine.MachineReview;
import dev.abode.engine.machine.MachineShape;
import dev.abode.engine.machine.NetworkCard;
import dev.abode.engine.machine.Share;
import dev.abode.engine.machine.Shares;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.seccomp.SeccompFilters;
import dev.abode.image.ImageConfig;
import dev.abode.image.Images;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Remote;
import dev.abode.init.Supervision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Designs machines: what a start of one would do, as plans. Whether the plans are then played or
 * told is no matter here, so that what is told is what is played.
 */
record MachineDesign(
    Images images,
    Kernels kernels,
    Hypervisors hypervisors,
    HostFacts host,
    BridgeNetworks networks) {
  /**
   * What has been found or made for one start.
   *
   * @param content what the machine begins with
   * @param resumes whether its workload runs already in what it begins with
   * @param disks the layers', the top one first, then the instance's own
   * @param places of its cards
   * @param cards as far as their addresses are known
   * @param shares folders of the host
   * @param sockets the folder of the sockets of those who serve them
   */
  record Parts(
      MachineModel model,
      CgroupPlacement cgroup,
      MachineContent content,
      boolean resumes,
      List<MachineDisk> disks,
      List<CardPlace> places,
      List<NetworkCard> cards,
      List<Share> shares,
      Path sockets) {}

  /** The machine that is made for these limits, with the kernel for all. */
  MachineModel model(Limits limits, int layers, List<Integer> cards) throws IOException {
    return model(kernels.ready(), MachineShape.of(limits), layers, cards);
  }

  /** The machine that is made for an instance, with the kernel that it asks for. */
  MachineModel model(InstanceSpec spec, int layers, List<Integer> cards) throws IOException {
    return model(spec, MachineShape.of(spec.limits()), layers, cards);
  }

  /** The machine that was made for an instance in this shape, whatever its limits are by now. */
  MachineModel model(InstanceSpec spec, MachineShape shape, int layers, List<Integer> cards)
      throws IOException {
    Optional<Path> chosen = MachineReview.kernel(spec);
    GuestBoot boot = chosen.isEmpty() ? kernels.ready() : kernels.chosen(chosen.get());
    return model(boot, shape, layers, cards);
  }

  private MachineModel model(GuestBoot boot, MachineShape shape, int layers, List<Integer> cards)
      throws IOException {
    // Tried with the kernel for all: what another one does not boot on may be its own fault.
    Optional<Hypervisor> known = hypervisors.known();
    Hypervisor hypervisor = known.isPresent() ? known.get() : hypervisors.find(kernels.ready());
    return new MachineModel(boot, hypervisor, shape, layers, cards);
  }

  /** The release of an instance's kernel, whose file may be gone while the machine runs. */
  String release(InstanceSpec spec) throws IOException {
    Optional<Path> chosen = MachineReview.kernel(spec);
    return chosen.isPresent() ? Kernels.release(chosen.get()) : kernels.ready().release();
  }

  /** Those of a machine that is started anew. */
  List<NetworkCard> cards(List<Endpoint> endpoints) {
    return cards(endpoints, MachineModel.cards(endpoints.size()));
  }

  /** Those with these numbers, in the order of the endpoints. */
  List<NetworkCard> cards(List<Endpoint> endpoints, List<Integer> numbers) {
    List<NetworkCard> cards = new ArrayList<>();
    for (Endpoint endpoint : endpoints) {
      int number = numbers.get(cards.size());
      cards.add(new NetworkCard(number, endpoint, networks.mtu(endpoint.networkId())));
    }
    return cards;
  }

  static List<Share> shares(List<BindMount> binds) {
    List<Share> shares = new ArrayList<>();
    for (BindMount bind : binds) {
      shares.add(new Share(shares.size(), bind));
    }
    return shares;
  }

  static List<MachineDisk> disks(List<Path> layers, Path own) {
    List<MachineDisk> disks = new ArrayList<>();
    for (Path file : layers) {
      disks.add(new MachineDisk(GuestPlan.layerDisk(disks.size()), file, true));
    }
    disks.add(new MachineDisk(GuestPlan.OWN_DISK, own, false));
    return disks;
  }

  /** The plan of the hypervisor's jail, in whose supervision there is that of the guest. */
  LaunchPlan plan(Birth birth, Parts parts) throws IOException {
    InstanceRecord record = birth.record();
    MachineModel model = parts.model();
    LaunchPlan guest =
        GuestPlan.of(
            record.spec(),
            config(record),
            new GuestGround(
                record.id(),
                birth.layers().size(),
                MachineUsers.ofImage(birth.layers())
                    .resolve(record.user(), record.spec().groupsAdded()),
                InstanceEtc.ofMachine(record, birth.network().endpoints()),
                GuestGround.kernel(model.boot().release()),
                parts.cards(),
                parts.shares(),
                model.boot().later()));
    return MachinePlan.of(
        new MachineGround(
            birth.folder().path(),
            birth.firstId().orElseThrow(),
            parts.cgroup(),
            model.hypervisor(),
            model.shape(),
            model.boot(),
            parts.content(),
            parts.disks(),
            parts.places(),
            parts.shares().isEmpty()
                ? Optional.empty()
                : Optional.of(new Shares(parts.sockets(), parts.shares())),
            seccomp()),
        supervision(
            guest.supervision(),
            ContainerWalls.log(record, birth.folder()),
            Optional.of(birth.run().exit()),
            parts.cgroup().oomEvents(),
            new Remote.Machine(birth.run().console(), guest, parts.resumes())));
  }

  /** The workload's streams as the guest's plan has them, kept and recorded on the host. */
  static Supervision supervision(
      Supervision guest,
      Optional<Supervision.Log> log,
      Optional<Path> exit,
      Optional<Path> oomEvents,
      Remote remote) {
    return new Supervision(
        guest.terminal(),
        guest.rows(),
        guest.columns(),
        guest.openStdin(),
        guest.closeStdinOnce(),
        log,
        exit,
        oomEvents,
        Optional.of(remote));
  }

  /** What hypervisors may ask of the host's kernel. */
  Optional<ByteBuffer> seccomp() {
    return SeccompFilters.program(
        new SeccompChoice.Default(),
        Set.of(),
        host.architecture(),
        host.kernelMajor(),
        host.kernelMinor());
  }

  ImageConfig config(InstanceRecord record) {
    return images.require(record.imageId().toString()).config();
  }
}
