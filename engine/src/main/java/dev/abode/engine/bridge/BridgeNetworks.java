package dev.abode.engine.bridge;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.network.Connection;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.network.PortBinding;
import dev.abode.engine.record.Folders;
import dev.abode.linux.Links;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bridge networks of an engine, and what its running instances have of them.
 *
 * <p>A start asks three things: {@link #lease} before anything is made, {@link #attach} when the
 * workload's network namespace exists, {@link #release} at the end, or when the start fails. An
 * engine that follows another asks {@link #adopt} for each instance it finds running, and then
 * {@link #reconcile}. Safe for many threads; the lock is held for moments, and never while
 * interfaces of an instance are made, so that starts do not wait for each other.
 */
public final class BridgeNetworks implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(BridgeNetworks.class);

  private final Ground ground;
  private final Leasing leasing;
  private final Plugging plugging;
  private final Joining joining;
  private final Adoption adoption;
  private final Leftovers leftovers;

  private BridgeNetworks(Ground ground) {
    this.ground = ground;
    this.leasing = new Leasing(ground);
    this.plugging = new Plugging(ground);
    this.joining = new Joining(ground, leasing, plugging);
    this.adoption = new Adoption(ground);
    this.leftovers = new Leftovers(ground.links);
  }

  /**
   * Reads which networks there are. Nothing in the kernel is changed.
   *
   * @param instanceName from an instance's ID, for failures that name who has something
   */
  public static BridgeNetworks open(
      Folders folders, UnaryOperator<String> instanceName, List<String> repairs)
      throws IOException {
    return new BridgeNetworks(new Ground(folders, Links.open(), instanceName, repairs));
  }

  // ---- which there are

  /** All networks, the default one among them, the oldest first. */
  public List<NetworkInfo> list() throws IOException {
    ground.book.byDefault();
    return ground.book.all().stream().map(this::info).toList();
  }

  /** The network of that name, ID, or ID prefix. */
  public Optional<NetworkInfo> find(String nameOrId) throws IOException {
    return ground.book.find(nameOrId).map(this::info);
  }

  /** The network of that ID. */
  public Optional<NetworkInfo> byId(String id) {
    return ground.book.byId(id).map(this::info);
  }

  private NetworkInfo info(NetworkRecord network) {
    return network.info(ground.endpoints(network.id()).toList());
  }

  /**
   * Makes a network.
   *
   * @throws EngineException CONFLICT, INVALID_ARGUMENT, UNSUPPORTED
   */
  public NetworkInfo create(NetworkSpec spec) throws IOException {
    return info(ground.book.create(spec));
  }

  /**
   * Forgets a network.
   *
   * @throws EngineException PERMISSION, as in Docker, while instances run in it
   */
  public void remove(NetworkInfo network) throws IOException {
    ground.lock.lock();
    try {
      Optional<NetworkRecord> record = ground.book.byId(network.id());
      if (record.isEmpty()) {
        return;
      }
      if (ground.isUsed(network.id())) {
        throw new EngineException(
            Kind.PERMISSION,
            "error while removing network: network "
                + network.name()
                + " id "
                + network.id()
                + " has active endpoints");
      }
      ground.book.remove(record.get());
      ground.leases.forget(network.id());
      ground.lower(network.id());
    } finally {
      ground.lock.unlock();
    }
  }

  /**
   * What was asked for, with the network's ID for its name.
   *
   * @throws EngineException NOT_FOUND for the network; INVALID_ARGUMENT, as in Docker, for an
   *     address in one whose subnet is the engine's choice, and may become another
   */
  public EndpointSpec resolve(EndpointSpec asked) throws IOException {
    NetworkRecord network = ground.book.require(asked.network());
    boolean chosen = network.isDefault() || network.chosen();
    if (chosen && (asked.ipv4().isPresent() || asked.ipv6().isPresent())) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "invalid config for network "
              + network.name()
              + ": user specified IP address is supported "
              + (network.isDefault()
                  ? "on user defined networks only; make one with a subnet of your choice"
                  : "only when connecting to networks with user configured subnets; create it with"
                      + " --subnet"));
    }
    asked.ipv4().ifPresent(address -> requireRoom(network, address));
    asked.ipv6().ifPresent(address -> requireRoom(network, address));
    return asked.in(network.id());
  }

  private static void requireRoom(NetworkRecord network, IpAddress address) {
    if (network.subnets().stream().noneMatch(s -> s.subnet().contains(address))) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "invalid config for network "
              + network.name()
              + ": no configured subnet or ip-range contain the IP address "
              + address
              + "; it has "
              + network.subnets().stream()
                  .map(s -> s.subnet().toString())
                  .collect(Collectors.joining(" and ")));
    }
  }

  /** What an instance has while it runs. */
  public NetworkRun run(String instanceId) {
    return ground.run(instanceId);
  }

  /** How an instance with these endpoints is connected at this moment. */
  public List<Connection> connections(String instanceId, List<EndpointSpec> specs) {
    List<Connection> connections = new ArrayList<>();
    NetworkRun run = run(instanceId);
    for (EndpointSpec spec : specs) {
      Optional<NetworkRecord> network = ground.book.byId(spec.network());
      connections.add(
          new Connection(
              network.map(NetworkRecord::name).orElse(spec.network()),
              network.map(NetworkRecord::id).orElse(""),
              spec,
              run.endpoint(spec.network())));
    }
    return connections;
  }

  // ---- a run of an instance

  /**
   * Gives an instance its addresses and host ports, and writes down which.
   *
   * @param interfaces what the interfaces are called already; empty for those of a start anew
   * @param file where to, {@code network.json} of its run folder
   * @throws EngineException NOT_FOUND for a network that is gone, CONFLICT for an address or a port
   *     in use, EXHAUSTED
   */
  public NetworkRun lease(
      String instanceId,
      List<EndpointSpec> specs,
      List<String> interfaces,
      List<PortBinding> bindings,
      Path file)
      throws IOException {
    if (specs.isEmpty()) {
      return NetworkRun.NONE;
    }
    ground.lock.lock();
    try {
      return leasing.lease(instanceId, specs, interfaces, bindings, file);
    } finally {
      ground.lock.unlock();
    }
  }

  /**
   * Makes the interfaces of an instance whose workload's process exists and waits.
   *
   * @param pid in whose network namespace
   */
  public void attach(String instanceId, int pid) throws IOException {
    plugging.attach(instanceId, pid);
  }

  /**
   * Makes the interfaces of a virtual machine whose hypervisor's process exists and waits; the
   * guest gives itself addresses and routes.
   *
   * @param owner the host's user id of the hypervisor
   */
  public void attachMachine(String instanceId, int pid, long owner) throws IOException {
    plugging.attachMachine(instanceId, pid, owner);
  }

  /** The largest packet, in bytes, in a network; 0 for one that is not in the kernel. */
  public int mtu(String networkId) {
    ground.lock.lock();
    try {
      return ground.bridges.mtu(networkId);
    } finally {
      ground.lock.unlock();
    }
  }

  /**
   * Connects a running instance to one more network; the guest of a virtual machine sets up its end
   * of it itself.
   *
   * @param pid in whose network namespace
   * @param machine the host's user id of the hypervisor, if it is a virtual machine
   */
  public Endpoint join(
      String instanceId, EndpointSpec spec, Path file, int pid, OptionalLong machine)
      throws IOException {
    return joining.join(instanceId, spec, file, pid, machine);
  }

  /** Takes a running instance out of a network; the parameters are those of {@link #join}. */
  public void part(String instanceId, String networkId, Path file, int pid, OptionalLong machine)
      throws IOException {
    joining.part(instanceId, networkId, file, pid, machine);
  }

  /** Takes back all that an instance has, however far its start had come. */
  public void release(String instanceId) {
    ground.lock.lock();
    try {
      NetworkRun run = ground.runs.remove(instanceId);
      if (run == null) {
        return;
      }
      ground.ports.release(instanceId);
      withdraw(run);
      for (Endpoint endpoint : run.endpoints()) {
        ground.leases.release(endpoint);
        ground.bridges.leave(endpoint);
        leftovers.add(endpoint.hostInterface());
      }
    } finally {
      ground.lock.unlock();
    }
  }

  private void withdraw(NetworkRun run) {
    try {
      ground.firewall.withdraw(Firewall.leads(run));
    } catch (IOException first) {
      // An element was not there, as a start that failed had not come so far.
      try {
        ground.install();
      } catch (IOException e) {
        e.addSuppressed(first);
        LOGGER.warn("published ports that nobody serves could not be withdrawn", e);
      }
    }
  }

  // ---- after another engine, and before the next

  /** Notes what an instance has that went on running; returns what could not be kept. */
  public List<String> adopt(String instanceId, Path file) throws IOException {
    return adoption.adopt(instanceId, file);
  }

  /**
   * Makes the kernel show what the adopted instances have, and nothing more.
   *
   * @return a sentence for what was taken away
   */
  public List<String> reconcile() throws IOException {
    return adoption.reconcile();
  }

  /**
   * Lets go. Networks in which instances run stay in the kernel, with their rules; all else is
   * taken away.
   */
  @Override
  public void close() throws IOException {
    ground.lock.lock();
    try {
      leftovers.close();
      ground.ports.close();
      for (NetworkRecord network : ground.bridges.networks()) {
        if (!ground.isUsed(network.id())) {
          ground.bridges.lower(network.id());
        }
      }
      ground.install();
    } finally {
      ground.lock.unlock();
      ground.links.close();
    }
  }
}
