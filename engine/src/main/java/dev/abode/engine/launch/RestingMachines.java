package dev.abode.engine.launch;

import dev.abode.engine.cgroup.Cgroup;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.guest.GuestBoot;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.machine.Hypervisor;
import dev.abode.engine.machine.MachineContent;
import dev.abode.engine.machine.MachineDisk;
import dev.abode.engine.machine.MachineGround;
import dev.abode.engine.machine.MachinePlan;
import dev.abode.engine.machine.MachineShape;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Remote;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Machines without a workload, as small as serving files takes. Safe for many threads. */
final class RestingMachines implements MachineInterior.Boots {
  private final MachineDesign design;
  private final MachineRoom room;
  private final HostIds ids;
  private final Map<String, Long> lent = new ConcurrentHashMap<>();

  RestingMachines(MachineDesign design, MachineRoom room, HostIds ids) {
    this.design = design;
    this.room = room;
    this.ids = ids;
  }

  @Override
  public LaunchPlan plan(Whereabouts at, LaunchPlan guest, Path console) throws IOException {
    String id = at.record().id();
    GuestBoot boot = design.kernels().ready();
    Hypervisor hypervisor = design.hypervisors().find(boot);
    List<MachineDisk> disks = room.disks(at.folder(), at.layers());
    Cgroup cgroup = room.cgroup(id, Limits.NONE, MachineShape.SMALL, hypervisor.acceleration());
    lent.put(id, ids.take());
    return MachinePlan.of(
        new MachineGround(
            at.folder().path(),
            lent.get(id),
            cgroup.placement(),
            hypervisor,
            MachineShape.SMALL,
            boot,
            new MachineContent.Empty(),
            disks,
            List.of(),
            Optional.empty(),
            design.seccomp()),
        MachineDesign.supervision(
            guest.supervision(),
            Optional.empty(),
            Optional.empty(),
            cgroup.placement().oomEvents(),
            new Remote.Machine(console, guest, false)));
  }

  @Override
  public boolean isPaused(Whereabouts at) throws IOException {
    return room.cgroups().find(at.record().id()).frozen();
  }

  @Override
  public EngineException explain(Whereabouts at, LaunchPlan plan, ShimEvent.Failed failure) {
    return MachineFailures.explain(at.record(), plan, failure);
  }

  @Override
  public void end(Whereabouts at) throws IOException {
    room.cgroups().takeDown(at.record().id());
    Optional.ofNullable(lent.remove(at.record().id())).ifPresent(ids::release);
  }
}
