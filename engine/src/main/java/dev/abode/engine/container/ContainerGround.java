package dev.abode.engine.container;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.init.Namespace;
import dev.abode.init.Supervision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What has been prepared or found out for one start of a container, so that its plan can be made
 * without looking at the host.
 *
 * @param id 64 hexadecimal digits
 * @param folder the instance's folder: {@code upper} and {@code work} in it are the top of the
 *     overlay, {@code etc} has the files of {@link EtcFiles}
 * @param layers folders of the unpacked image, the top one first; at least one
 * @param identity who the workload runs as
 * @param firstId the host's id for 0 inside, with {@link #IDS} ids from there; empty for the host's
 *     own user namespace
 * @param cgroup where the workload belongs
 * @param binds host folders and volumes, sources resolved
 * @param devices further device files, {@code --device} or all of the host's
 * @param joined whose namespaces are shared instead of new ones made
 * @param awaitsInterfaces whether the engine makes interfaces in the network namespace, which have
 *     to be there before the workload is
 * @param log where the output is kept
 * @param exitRecord where the exit is written
 */
public record ContainerGround(
    String id,
    Path folder,
    List<Path> layers,
    Identity identity,
    OptionalLong firstId,
    CgroupPlacement cgroup,
    List<BindMount> binds,
    List<DeviceNode> devices,
    Map<Namespace, SharedNamespace> joined,
    boolean awaitsInterfaces,
    Optional<Supervision.Log> log,
    Optional<Path> exitRecord,
    HostFacts host) {

  /** How many ids an instance with a user namespace of its own has. */
  public static final long IDS = 65_536;

  public ContainerGround {
    layers = List.copyOf(layers);
    binds = List.copyOf(binds);
    devices = List.copyOf(devices);
    joined = Map.copyOf(joined);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("a root file system needs at least one layer");
    }
  }
}
