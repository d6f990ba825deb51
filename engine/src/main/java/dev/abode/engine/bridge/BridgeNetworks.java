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
import dev.abode.engine.network.PublishedPort;
import dev.abode.engine.record.Folders;
import dev.abode.linux.Links;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bridge networks of an engine, and what its running instances have of them.
 *
 * <p>A start asks three things: {@link #lease} before anything is made, {@link #attach} when the
 * workload's network namespace exists, {@link #release} at the end, or when the start fails. An
 * engine that follows another asks {@link #adopt} for each instance it finds running, and then
 * {@link #reconcile}. Safe for many threads; {@link #lock} is held for moments, and never while
 * interfaces of an instance are made, so that starts do not wait for each other.
 */
public final class BridgeNetworks implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(BridgeNetworks.class);

  private final ReentrantLock lock = new ReentrantLock();
  private final Links links;
  private final NetworkBook book;
  private final KernelNames names;
  private final Leases leases;
  private final PortKeeper ports = new PortKeeper();
  private final Bridges bridges;
  private final Firewall firewall;
  private final Plug plug;
  private final Leftovers leftovers;
  private final Path installed;
  private final Map<String, NetworkRun> runs = new ConcurrentHashMap<>();

  private BridgeNetworks(Folders folders, Links links, List<String> repairs) throws IOException {
    this.links = links;
    this.book = NetworkBook.open(folders.networks(), new HostLinks(links), repairs);
    this.names = KernelNames.of(folders.root());
    this.leases = new Leases(names);
    this.bridges = new Bridges(links, names);
    this.firewall = new Firewall(names);
    this.plug = new Plug(links);
    this.leftovers = new Leftovers(links);
    this.installed = folders.run().resolve("packet-filter");
  }

  /** Reads which networks there are. Nothing in the kernel is changed. */
  public static BridgeNetworks open(Folders folders, List<String> repairs) throws IOException {
    return new BridgeNetworks(folders, Links.open(), repairs);
  }

  // ---- which there are

  /** All networks, the default one among them, the oldest first. */
  public List<NetworkInfo> list() throws IOException {
    book.byDefault();
    return book.all().stream().map(this::info).toList();
  }

  /** The network of that name, ID, or ID prefix. */
  public Optional<NetworkInfo> find(String nameOrId) throws IOException {
    return book.find(nameOrId).map(this::info);
  }

  /** The network of that ID. */
  public Optional<NetworkInfo> byId(String id) {
    return book.byId(id).map(this::info);
  }

  /**
   * Makes a network.
   *
   * @throws EngineException CONFLICT, INVALID_ARGUMENT, UNSUPPORTED
   */
  public NetworkInfo create(NetworkSpec spec) throws IOException {
    return info(book.create(spec));
  }

  /**
   * Forgets a network.
   *
   * @throws EngineException CONFLICT when an instance has just been started in it
   */
  public void remove(NetworkInfo network) throws IOException {
    lock.lock();
    try {
      Optional<NetworkRecord> record = book.byId(network.id());
      if (record.isEmpty()) {
        return;
      }
      if (isUsed(network.id())) {
        throw new EngineException(
            Kind.CONFLICT,
            "error while removing network: network " + network.name() + " has active endpoints");
      }
      book.remove(record.get());
      leases.forget(network.id());
      lower(network.id());
    } finally {
      lock.unlock();
    }
  }

  private boolean isUsed(String networkId) {
    return runs.values().stream()
        .flatMap(run -> run.endpoints().stream())
        .anyMatch(endpoint -> endpoint.networkId().equals(networkId));
  }

  /**
   * What was asked for, with the network's ID for its name.
   *
   * @throws EngineException NOT_FOUND for the network
   */
  public EndpointSpec resolve(EndpointSpec asked) throws IOException {
    return asked.in(book.require(asked.network()).id());
  }

  /** What an instance has while it runs. */
  public NetworkRun run(String instanceId) {
    return runs.getOrDefault(instanceId, NetworkRun.NONE);
  }

  /** How an instance with these endpoints is connected at this moment. */
  public List<Connection> connections(String instanceId, List<EndpointSpec> specs) {
    List<Connection> connections = new ArrayList<>();
    NetworkRun run = run(instanceId);
    for (EndpointSpec spec : specs) {
      Optional<NetworkRecord> network = book.byId(spec.network());
      connections.add(
          new Connection(
              network.map(NetworkRecord::name).orElse(spec.network()),
              network.map(NetworkRecord::id).orElse(""),
              spec,
              run.endpoint(spec.network())));
    }
    return connections;
  }

  private NetworkInfo info(NetworkRecord network) {
    return network.info(
        runs.values().stream()
            .flatMap(run -> run.endpoints().stream())
            .filter(endpoint -> endpoint.networkId().equals(network.id()))
            .toList());
  }

  // ---- a start

  /**
   * Gives an instance its addresses and host ports, and writes down which.
   *
   * @param file where to, {@code network.json} of its run folder
   * @throws EngineException NOT_FOUND for a network that is gone, CONFLICT for an address or a port
   *     in use, EXHAUSTED
   */
  public NetworkRun lease(
      String instanceId, List<EndpointSpec> specs, List<PortBinding> bindings, Path file)
      throws IOException {
    if (specs.isEmpty()) {
      return NetworkRun.NONE;
    }
    lock.lock();
    try {
      List<Endpoint> endpoints = new ArrayList<>();
      try {
        for (EndpointSpec spec : specs) {
          endpoints.add(lease(instanceId, spec, endpoints));
        }
        List<PublishedPort> published =
            ports.take(instanceId, bindings, families(endpoints), unsaid(endpoints));
        NetworkRun run = new NetworkRun(NetworkRun.FORMAT, endpoints, published);
        run.write(file);
        runs.put(instanceId, run);
        for (Endpoint endpoint : endpoints) {
          raise(book.byId(endpoint.networkId()).orElseThrow());
        }
        return run;
      } catch (IOException | RuntimeException e) {
        runs.remove(instanceId);
        ports.release(instanceId);
        endpoints.forEach(leases::release);
        throw e;
      }
    } finally {
      lock.unlock();
    }
  }

  private Endpoint lease(String instanceId, EndpointSpec spec, List<Endpoint> before)
      throws IOException {
    NetworkRecord network = book.require(spec.network());
    String prefix = new NetworkOptions(network.options()).interfacePrefix();
    Set<String> taken = new HashSet<>();
    before.forEach(endpoint -> taken.add(endpoint.interfaceName()));
    int number = 0;
    while (taken.contains(prefix + number)) {
      number++;
    }
    return leases.lease(network, instanceId, spec, prefix + number);
  }

  private static List<IpAddress.Family> families(List<Endpoint> endpoints) {
    List<IpAddress.Family> families = new ArrayList<>();
    if (endpoints.stream().anyMatch(e -> e.ipv4().flatMap(a -> a.gateway()).isPresent())) {
      families.add(IpAddress.Family.IPV4);
    }
    if (endpoints.stream().anyMatch(e -> e.ipv6().flatMap(a -> a.gateway()).isPresent())) {
      families.add(IpAddress.Family.IPV6);
    }
    return families;
  }

  /** Where ports are published for which no address is said. */
  private List<IpAddress> unsaid(List<Endpoint> endpoints) {
    Optional<IpAddress> ipv4 =
        endpoints.stream()
            .findFirst()
            .flatMap(e -> book.byId(e.networkId()))
            .flatMap(network -> new NetworkOptions(network.options()).hostBinding());
    return List.of(ipv4.orElse(IpAddress.Family.IPV4.any()), IpAddress.Family.IPV6.any());
  }

  /** The network is in the kernel from here on. */
  private void raise(NetworkRecord network) throws IOException {
    if (!bridges.isUp(network.id())) {
      bridges.raise(network);
      install();
    }
  }

  private void lower(String networkId) throws IOException {
    if (bridges.isUp(networkId)) {
      bridges.lower(networkId);
      install();
    }
  }

  /** Makes the packet filter say what is so; takes it away when there is nothing to say. */
  private void install() throws IOException {
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

  /**
   * Makes the interfaces of an instance whose workload's process exists and waits.
   *
   * @param pid in whose network namespace
   */
  public void attach(String instanceId, int pid) throws IOException {
    NetworkRun run = run(instanceId);
    insert(run.endpoints(), pid);
    Plug.configure(pid, run.endpoints(), run.endpoints());
    publish(run);
  }

  private void insert(List<Endpoint> endpoints, int pid) throws IOException {
    Map<Endpoint, Bridges.Socket> sockets = new LinkedHashMap<>();
    lock.lock();
    try {
      for (Endpoint endpoint : endpoints) {
        sockets.put(endpoint, bridges.enter(endpoint.networkId(), endpoint.id()));
      }
    } finally {
      lock.unlock();
    }
    for (Map.Entry<Endpoint, Bridges.Socket> socket : sockets.entrySet()) {
      plug.insert(socket.getKey(), socket.getValue(), pid);
    }
  }

  private void publish(NetworkRun run) throws IOException {
    List<Firewall.Lead> leads = Firewall.leads(run);
    if (leads.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      if (bridges.exit().isEmpty()) {
        install();
      } else {
        firewall.publish(leads);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes back all that an instance has, however far its start had come. */
  public void release(String instanceId) {
    lock.lock();
    try {
      NetworkRun run = runs.remove(instanceId);
      if (run == null) {
        return;
      }
      ports.release(instanceId);
      withdraw(run);
      for (Endpoint endpoint : run.endpoints()) {
        leases.release(endpoint);
        bridges.leave(endpoint);
        leftovers.add(endpoint.hostInterface());
      }
    } finally {
      lock.unlock();
    }
  }

  private void withdraw(NetworkRun run) {
    try {
      firewall.withdraw(Firewall.leads(run));
    } catch (IOException first) {
      // An element was not there, as a start that failed had not come so far.
      try {
        install();
      } catch (IOException e) {
        e.addSuppressed(first);
        LOGGER.warn("published ports that nobody serves could not be withdrawn", e);
      }
    }
  }

  // ---- changes while it runs

  /** Connects a running instance to one more network. */
  public void join(String instanceId, EndpointSpec spec, Path file, int pid) throws IOException {
    Endpoint endpoint;
    NetworkRun before;
    NetworkRun after;
    lock.lock();
    try {
      before = run(instanceId);
      endpoint = lease(instanceId, spec, before.endpoints());
      after = before.with(endpoint);
      runs.put(instanceId, after);
      try {
        after.write(file);
        raise(book.require(spec.network()));
      } catch (IOException | RuntimeException e) {
        forget(instanceId, before, endpoint, file);
        throw e;
      }
    } finally {
      lock.unlock();
    }
    try {
      insert(List.of(endpoint), pid);
      Plug.configure(pid, after.endpoints(), List.of(endpoint));
    } catch (IOException | RuntimeException e) {
      forget(instanceId, before, endpoint, file);
      throw e;
    }
  }

  private void forget(String instanceId, NetworkRun left, Endpoint gone, Path file) {
    lock.lock();
    try {
      runs.put(instanceId, left);
      leases.release(gone);
      bridges.leave(gone);
      links.delete(gone.hostInterface());
      left.write(file);
    } catch (IOException e) {
      LOGGER.warn("what is left of an endpoint could not be taken away", e);
    } finally {
      lock.unlock();
    }
  }

  /** Takes a running instance out of a network. */
  public void part(String instanceId, String networkId, Path file, int pid) throws IOException {
    NetworkRun before = run(instanceId);
    Optional<Endpoint> endpoint = before.endpoint(networkId);
    if (endpoint.isEmpty()) {
      return;
    }
    NetworkRun after = before.without(endpoint.get());
    forget(instanceId, after, endpoint.get(), file);
    lock.lock();
    try {
      install();
    } finally {
      lock.unlock();
    }
    Plug.lead(pid, after.endpoints());
  }

  // ---- after another engine

  /** Notes what an instance has that went on running; returns what could not be kept. */
  public List<String> adopt(String instanceId, Path file) throws IOException {
    NetworkRun run = NetworkRun.read(file);
    List<String> lost = new ArrayList<>();
    if (run.endpoints().isEmpty()) {
      return lost;
    }
    lock.lock();
    try {
      runs.put(instanceId, run);
      for (Endpoint endpoint : run.endpoints()) {
        Optional<NetworkRecord> network = book.byId(endpoint.networkId());
        if (network.isPresent()) {
          leases.adopt(network.get(), endpoint);
        }
      }
      for (PublishedPort port : ports.retake(instanceId, run.ports())) {
        lost.add(
            "port "
                + port.hostPort()
                + " of "
                + port.hostAddress()
                + " has been taken by another process while no engine ran; from outside it still"
                + " leads to instance "
                + instanceId.substring(0, 12));
      }
    } finally {
      lock.unlock();
    }
    return lost;
  }

  /**
   * Makes the kernel show what the adopted instances have, and nothing more.
   *
   * @return a sentence for what was taken away
   */
  public List<String> reconcile() throws IOException {
    List<String> repairs = new ArrayList<>();
    lock.lock();
    try {
      Set<String> wanted = new HashSet<>();
      for (NetworkRun run : runs.values()) {
        for (Endpoint endpoint : run.endpoints()) {
          Optional<NetworkRecord> network = book.byId(endpoint.networkId());
          if (network.isPresent() && !bridges.isUp(network.get().id())) {
            bridges.raise(network.get());
          }
          bridges.adopt(endpoint);
          wanted.add(endpoint.hostInterface());
        }
      }
      sweep(wanted, repairs);
      install();
    } finally {
      lock.unlock();
    }
    return repairs;
  }

  private void sweep(Set<String> wanted, List<String> repairs) throws IOException {
    Set<String> ours = new HashSet<>();
    book.all().forEach(network -> ours.add(network.bridge()));
    bridges.networks().forEach(network -> ours.remove(network.bridge()));
    for (Links.Link link : links.list()) {
      boolean stray =
          (names.isPort(link.name()) && !wanted.contains(link.name()))
              || (names.isSegment(link.name()) && bridges.networks().isEmpty())
              || ours.contains(link.name());
      if (stray) {
        links.delete(link.name());
        repairs.add("took away the interface " + link.name() + ", which nobody uses");
      }
    }
  }

  /**
   * Lets go. Networks in which instances run stay in the kernel, with their rules; all else is
   * taken away.
   */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      leftovers.close();
      ports.close();
      for (NetworkRecord network : bridges.networks()) {
        if (!isUsed(network.id())) {
          bridges.lower(network.id());
        }
      }
      install();
    } finally {
      lock.unlock();
      links.close();
    }
  }
}
