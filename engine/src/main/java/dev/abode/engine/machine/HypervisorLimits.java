package dev.abode.engine.machine;

import dev.abode.engine.instance.Limits;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a hypervisor may use on the host: the guest's memory and an allowance for itself, so that it
 * is the guest's kernel that runs out of memory and says so; CPU time as the instance has it.
 *
 * <p>The guest's memory counts twice. A machine that goes on from a saved memory maps that file
 * privately, and where the file has a hole, the kernel fills it with a page of zeros before it
 * copies that for whoever writes there. Such a page stays the file's, for all who map it, and is
 * charged to who came first.
 */
public final class HypervisorLimits {
  private static final long MIB = 1L << 20;

  /** QEMU's own heap and threads, and its copy of the kernel. */
  private static final long ALLOWANCE_BYTES = 160 * MIB;

  private HypervisorLimits() {}

  public static Limits of(Limits asked, MachineShape shape, Acceleration acceleration) {
    return new Limits(
        OptionalLong.of(2 * shape.memoryBytes() + overhead(acceleration)),
        OptionalLong.empty(),
        OptionalLong.empty(),
        asked.cpuNanos(),
        asked.cpuShares(),
        asked.cpuQuotaMicros(),
        asked.cpuPeriodMicros(),
        asked.cpusetCpus(),
        asked.cpusetMems(),
        OptionalLong.empty(),
        OptionalInt.empty(),
        false,
        asked.blkioWeight(),
        List.of());
  }

  private static long overhead(Acceleration acceleration) {
    long translation =
        switch (acceleration) {
          case KVM -> 0;
          case EMULATION -> QemuCommand.TRANSLATION_MIB * MIB;
        };
    return ALLOWANCE_BYTES + translation;
  }
}
