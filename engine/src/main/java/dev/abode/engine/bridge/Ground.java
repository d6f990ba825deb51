package dev.abode.engine.bridge;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.record.Folders;
import dev.abode.linux.Links;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What the verbs of bridge networks share: the books of who has what, and the kernel's side of
 * them. All but {@link #runs} is touched with {@link #lock} held only.
 */
final class Ground {
  final ReentrantLock lock = new ReentrantLock();
  final Links links;
  final NetworkBook book;
  final KernelNames names;
  final Leases leases;
  final PortKeeper ports;
  final Bridges bridges;
  final Firewall firewall;
  final Plug plug;

  /** What each running instance has, by its ID. */
  final Map<String, NetworkRun> runs = new ConcurrentHashMap<>();

  /** There while our table may be in the kernel, so that one without need is not asked for. */
  private final Path installed;

  /**
   * Reads which networks there are. Nothing in the kernel is changed.
   *
   * @param instanceName from an instance's ID, for failures
   */
  Ground(Folders folders, Links links, UnaryOperator<String> instanceName, List<String> repairs)
      throws IOException {
    this.links = links;
    this.book = NetworkBook.open(folders.networks(), new HostLinks(links), repairs);
    this.names = KernelNames.of(folders.root());
    this.leases = new Leases(names, instanceName);
    this.ports = new PortKeeper(instanceName);
    this.bridges = new Bridges(links, names);
    this.firewall = new Firewall(names);
    this.plug = new Plug(links);
    this.installed = folders.run().resolve("packet-filter");
  }

  /** What an instance has while it runs. */
  NetworkRun run(String instanceId) {
    return runs.getOrDefault(instanceId, NetworkRun.NONE);
  }

  /** The endpoints of running instances in a network. */
  Stream<Endpoint> endpoints(String networkId) {
    return runs.values().stream()
        .flatMap(run -> run.endpoints().stream())
        .filter(endpoint -> endpoint.networkId().equals(networkId));
  }

  boolean isUsed(String networkId) {
    return endpoints(networkId).findAny().isPresent();
  }

  /**
   * The network is in the kernel from here on.
   *
   * @return it, which has other subnets than before if somebody on the host has taken those
   * @throws EngineException CONFLICT, EXHAUSTED when its subnets are taken and cannot be others
   */
  NetworkRecord raise(NetworkRecord network) throws IOException {
    if (bridges.isUp(network.id())) {
      return network;
    }
    NetworkRecord settled;
    try (HostWideLock _ = HostWideLock.take()) {
      settled = isUsed(network.id()) ? network : book.settle(network);
      bridges.raise(settled);
    }
    if (!settled.equals(network)) {
      leases.forget(network.id());
    }
    install();
    return settled;
  }

  /** The network is not in the kernel from here on. */
  void lower(String networkId) throws IOException {
    if (bridges.isUp(networkId)) {
      bridges.lower(networkId);
      install();
    }
  }

  /** Makes the packet filter say what is so; takes it away when there is nothing to say. */
  void install() throws IOException {
    if (bridges.networks().isEmpty()) {
      if (Files.exists(installed)) {
        firewall.remove();
        bridges.closeExit();
        Files.deleteIfExists(installed);
      }
      return;
    }
    if (!Files.exists(installed)) {
      Files.createFile(installed);
    }
    List<Firewall.Lead> leads =
        runs.values().stream().flatMap(run -> Firewall.leads(run).stream()).toList();
    if (!leads.isEmpty()) {
      bridges.openExit();
    }
    firewall.install(bridges.networks(), leads, bridges.exit());
  }
}
