package dev.abode.engine.machine;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.guest.GuestBoot;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What has been prepared for one start of a machine, so that the plan of its jail can be made
 * without looking at the host.
 *
 * @param folder the instance's, which serves as mount point
 * @param firstId the host's id for 0 inside of the jail
 * @param content what the machine begins with
 * @param disks the read-only ones first, the top layer before those below it
 * @param cards whose other ends the engine makes while the plan waits
 * @param shares if it has any
 * @param seccomp what the hypervisor may ask of the kernel, over and above its own sandbox
 */
public record MachineGround(
    Path folder,
    long firstId,
    CgroupPlacement cgroup,
    Hypervisor hypervisor,
    MachineShape shape,
    GuestBoot boot,
    MachineContent content,
    List<MachineDisk> disks,
    List<CardPlace> cards,
    Optional<Shares> shares,
    Optional<ByteBuffer> seccomp) {
  public MachineGround {
    disks = List.copyOf(disks);
    cards = List.copyOf(cards);
  }
}
