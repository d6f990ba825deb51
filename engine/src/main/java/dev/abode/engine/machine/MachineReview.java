package dev.abode.engine.machine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.guest.Kernels;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Sharing;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** What makes no sense behind the walls of a virtual machine, or is not there yet. */
public final class MachineReview {
  private static final String KERNEL = "dev.abode.kernel";
  private static final long MIB = 1L << 20;

  private MachineReview() {}

  /**
   * The kernel that an instance asks for by its own label {@value #KERNEL}; one of its image is not
   * looked at, as it names a file of the host.
   */
  public static Optional<Path> kernel(InstanceSpec spec) {
    try {
      return Optional.ofNullable(spec.labels().get(KERNEL)).map(Path::of);
    } catch (InvalidPathException e) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT, "the label " + KERNEL + " is no path: " + e.getMessage(), e);
    }
  }

  /**
   * Looks through what is asked for.
   *
   * @throws EngineException UNSUPPORTED, saying what instead
   */
  public static void review(InstanceSpec spec) {
    // First: --network host brings the host's users with it, which nobody asked for.
    network(spec.network());
    sharing(spec.sharing());
    mounts(spec);
    security(spec.security());
    limits(spec.limits());
    kernel(spec).ifPresent(Kernels::release);
  }

  /**
   * Looks whether a running machine can have these limits: as much memory as it was made with, or
   * less, and the processors that it has.
   *
   * @param madeBytes the memory of the machine, its kernel's share included
   * @throws EngineException UNSUPPORTED when it would need more, or another number of processors
   */
  public static void reviewUpdate(GuestView guest, Limits limits, long madeBytes)
      throws IOException {
    MachineShape shape = MachineShape.of(limits);
    if (limits.memoryBytes().isPresent() && shape.memoryBytes() > madeBytes) {
      throw refused(
          "this machine was made with "
              + (madeBytes - MachineShape.KERNEL_BYTES) / MIB
              + " MiB for its workload, and more than that cannot be added while it runs",
          "stop it, update it, and start it again");
    }
    String online = guest.read("/sys/devices/system/cpu/online").orElse("0").strip();
    if (!online.equals(shape.cpus() == 1 ? "0" : "0-" + (shape.cpus() - 1))) {
      throw refused(
          "the number of processors of a running virtual machine cannot be changed",
          "stop it, update it, and start it again");
    }
  }

  private static void sharing(Sharing sharing) {
    own("--pid", sharing.pid());
    own("--ipc", sharing.ipc());
    own("--uts", sharing.uts());
    own("--userns", sharing.user());
    own("--cgroupns", sharing.cgroup());
  }

  private static void own(String option, Sharing.With with) {
    if (!(with instanceof Sharing.With.Nobody)) {
      throw refused(
          option + " shares a part of a kernel, and a virtual machine has a kernel of its own",
          "leave it out, or run a container");
    }
  }

  private static void network(NetworkMode network) {
    switch (network) {
      case NetworkMode.Host host ->
          throw refused(
              "--network host is the network of the host's kernel, which a virtual machine does not"
                  + " run on",
              "leave it out, or run a container");
      case NetworkMode.Instance other ->
          throw refused(
              "the network of " + other.nameOrId() + " belongs to another kernel",
              "connect both to one network");
      case NetworkMode.Bridged bridged -> {
        if (bridged.endpoints().size() > CardPlace.MAX) {
          throw refused(
              "a virtual machine has room for "
                  + CardPlace.MAX
                  + " network cards, and is to be in "
                  + bridged.endpoints().size()
                  + " networks",
              "connect it to fewer");
        }
      }
      case NetworkMode.None none -> {}
      case NetworkMode.Unspecified unspecified -> {}
    }
  }

  private static void mounts(InstanceSpec spec) {
    long shares =
        spec.mounts().stream().filter(mount -> !(mount instanceof MountSpec.Tmpfs)).count();
    if (shares > QemuCommand.MAX_SHARES) {
      throw refused(
          "a virtual machine has room for "
              + QemuCommand.MAX_SHARES
              + " folders and volumes, and is to have "
              + shares,
          "mount one that holds several of them");
    }
    for (MountSpec mount : spec.mounts()) {
      if (mount instanceof MountSpec.Bind bind
          && switch (bind.propagation()) {
            case PRIVATE, RPRIVATE -> false;
            case SLAVE, RSLAVE, SHARED, RSHARED -> true;
          }) {
        throw refused(
            "what is mounted on "
                + bind.source()
                + " later cannot appear in a virtual machine, which has mounts of its own",
            "leave the propagation out, or run a container");
      }
    }
  }

  private static void security(Security security) {
    if (!security.devices().isEmpty() || !security.deviceCgroupRules().isEmpty()) {
      throw refused(
          "devices of the host are not handed to a virtual machine", "leave --device out");
    }
  }

  private static void limits(Limits limits) {
    if (limits.oomKillDisabled()) {
      throw refused(
          "--oom-kill-disable would let a virtual machine stand still for ever", "leave it out");
    }
    try {
      MachineShape.of(limits);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "no virtual machine can be made with these limits: " + e.getMessage(),
          e);
    }
  }

  /**
   * Looks whether a machine for these limits is no larger than its host.
   *
   * @throws EngineException INVALID_ARGUMENT, saying how large it can be
   */
  public static void fits(Limits limits, long hostBytes) {
    if (MachineShape.of(limits).memoryBytes() > hostBytes) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "no virtual machine has more memory than its host, whose "
              + hostBytes / MIB
              + " MiB leave room for a workload of "
              + (hostBytes - MachineShape.KERNEL_BYTES) / MIB
              + " MiB at most; ask for less, or run a container");
    }
  }

  private static EngineException refused(String why, String instead) {
    return new EngineException(Kind.UNSUPPORTED, why + "; " + instead);
  }
}
