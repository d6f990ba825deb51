package dev.abode.engine.bridge;

import dev.abode.engine.bridge.SubnetChoice.Taken;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.IpAddress.Family;
import dev.abode.engine.network.NetworkOption;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.network.Subnet;
import dev.abode.engine.network.SubnetSpec;
import dev.abode.engine.record.RandomId;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which networks there are, in memory and on disk. Safe for many threads. */
final class NetworkBook {
  /** The network of instances that ask for none. */
  static final String DEFAULT = "bridge";

  private static final Logger LOGGER = LoggerFactory.getLogger(NetworkBook.class);
  private static final Set<String> RESERVED = Set.of("host", "none", "default", "container");
  private final Path folder;
  private final HostSubnets host;
  private final Map<String, NetworkRecord> networks = new LinkedHashMap<>();

  /** What the host itself uses. */
  interface HostSubnets {
    /**
     * Subnets with a route or an address.
     *
     * @param bridges names of interfaces that are our own networks', and do not count
     */
    List<Taken> read(Set<String> bridges) throws IOException;
  }

  private NetworkBook(Path folder, HostSubnets host) {
    this.folder = folder;
    this.host = host;
  }

  /** Reads what an earlier engine has written; a document that is damaged is left out, and said. */
  static NetworkBook open(Path folder, HostSubnets host, List<String> repairs) throws IOException {
    Files.createDirectories(folder);
    NetworkBook book = new NetworkBook(folder, host);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
      for (Path file : files) {
        try {
          NetworkRecord record = NetworkRecord.read(file);
          book.networks.put(record.id(), record);
        } catch (IllegalArgumentException e) {
          LOGGER.warn("the record of a network, {}, cannot be read", file, e);
          repairs.add(
              "left out the network of " + file + ", which cannot be read: " + e.getMessage());
        }
      }
    }
    return book;
  }

  /** All of them, the oldest first; the default one is among them once it was used. */
  synchronized List<NetworkRecord> all() {
    return networks.values().stream().sorted(Comparator.comparing(NetworkRecord::created)).toList();
  }

  /** The network of that ID. */
  synchronized Optional<NetworkRecord> byId(String id) {
    return Optional.ofNullable(networks.get(id));
  }

  /**
   * The network of that name, ID or ID prefix, in this order.
   *
   * @throws EngineException INVALID_ARGUMENT when several begin like that
   */
  synchronized Optional<NetworkRecord> find(String nameOrId) throws IOException {
    if (nameOrId.equals(DEFAULT)) {
      return Optional.of(byDefault());
    }
    NetworkRecord exact = networks.get(nameOrId);
    if (exact != null) {
      return Optional.of(exact);
    }
    Optional<NetworkRecord> named = named(nameOrId);
    if (named.isPresent() || nameOrId.isEmpty()) {
      return named;
    }
    List<NetworkRecord> matches =
        networks.values().stream().filter(n -> n.id().startsWith(nameOrId)).toList();
    if (matches.size() > 1) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "network " + nameOrId + " is ambiguous (" + matches.size() + " matches found by ID)");
    }
    return matches.stream().findFirst();
  }

  private Optional<NetworkRecord> named(String name) {
    return networks.values().stream().filter(n -> n.name().equals(name)).findFirst();
  }

  /**
   * The network of that name or ID.
   *
   * @throws EngineException NOT_FOUND, in Docker's words
   */
  NetworkRecord require(String nameOrId) throws IOException {
    return find(nameOrId)
        .orElseThrow(
            () -> new EngineException(Kind.NOT_FOUND, "network " + nameOrId + " not found"));
  }

  /** The default network; made when it is first asked for. */
  synchronized NetworkRecord byDefault() throws IOException {
    Optional<NetworkRecord> there =
        networks.values().stream().filter(NetworkRecord::isDefault).findFirst();
    if (there.isPresent()) {
      return there.get();
    }
    Map<String, String> options = new HashMap<>();
    options.put(NetworkOption.DEFAULT_BRIDGE.key(), "true");
    options.put(NetworkOption.INTER_CONTAINER.key(), "true");
    options.put(NetworkOption.MASQUERADE.key(), "true");
    options.put(NetworkOption.HOST_BINDING.key(), "0.0.0.0");
    return make(NetworkSpec.of(DEFAULT).withOptions(options));
  }

  /**
   * Makes a network's record.
   *
   * @throws EngineException CONFLICT for a name or a subnet in use, INVALID_ARGUMENT and
   *     UNSUPPORTED for what cannot be
   */
  synchronized NetworkRecord create(NetworkSpec spec) throws IOException {
    if (!spec.name().matches("[a-zA-Z0-9][a-zA-Z0-9_.-]*")) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "invalid network name \""
              + spec.name()
              + "\": only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed");
    }
    if (RESERVED.contains(spec.name()) || spec.name().equals(DEFAULT)) {
      throw new EngineException(
          Kind.CONFLICT, "operation is not permitted on predefined " + spec.name() + " network");
    }
    if (named(spec.name()).isPresent()) {
      throw new EngineException(
          Kind.CONFLICT, "network with name " + spec.name() + " already exists");
    }
    NetworkOptions.check(spec);
    return make(spec);
  }

  private NetworkRecord make(NetworkSpec spec) throws IOException {
    List<SubnetSpec> subnets = subnets(spec, choice());
    NetworkRecord record =
        new NetworkRecord(
            NetworkRecord.FORMAT,
            RandomId.next(),
            spec.name(),
            Instant.now(),
            subnets,
            spec.subnets().isEmpty(),
            spec.ipv4(),
            spec.ipv6(),
            spec.internal(),
            spec.attachable(),
            spec.addressOptions(),
            spec.options(),
            spec.labels());
    refuseSameBridge(record);
    record.write(folder);
    networks.put(record.id(), record);
    return record;
  }

  private void refuseSameBridge(NetworkRecord made) {
    for (NetworkRecord other : networks.values()) {
      if (other.bridge().equals(made.bridge())) {
        throw new EngineException(
            Kind.CONFLICT,
            "the bridge " + made.bridge() + " is that of network " + other.name() + " already");
      }
    }
  }

  private SubnetChoice choice() throws IOException {
    List<Taken> own = new ArrayList<>();
    Set<String> bridges = new HashSet<>();
    for (NetworkRecord network : networks.values()) {
      bridges.add(network.bridge());
      network.subnets().forEach(s -> own.add(new Taken(s.subnet(), "network " + network.name())));
    }
    return new SubnetChoice(own, host.read(bridges));
  }

  private static List<SubnetSpec> subnets(NetworkSpec spec, SubnetChoice choice) {
    if (!spec.ipv4() && !spec.ipv6()) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT, "IPv4 or IPv6 must be enabled for network " + spec.name());
    }
    List<SubnetSpec> subnets = new ArrayList<>();
    for (Family family : Family.values()) {
      List<SubnetSpec> asked =
          spec.subnets().stream().filter(s -> s.subnet().family() == family).toList();
      boolean wanted =
          switch (family) {
            case IPV4 -> spec.ipv4();
            case IPV6 -> spec.ipv6();
          };
      if (asked.size() > 1) {
        throw new EngineException(
            Kind.INVALID_ARGUMENT,
            "network "
                + spec.name()
                + " has more than one subnet of a family: "
                + asked.get(0).subnet()
                + " and "
                + asked.get(1).subnet());
      }
      if (wanted) {
        asked.forEach(s -> checkSize(s.subnet()));
        asked.forEach(s -> choice.check(s.subnet()));
        subnets.add(
            withGateway(asked.isEmpty() ? SubnetSpec.of(choice.choose(family)) : asked.getFirst()));
      }
    }
    return subnets;
  }

  /**
   * The network as it can be brought into the kernel: elsewhere than before where another engine,
   * or somebody else on the host, has come to use its subnet. With {@link HostWideLock} held.
   *
   * @param network that nobody uses
   * @return the same network, with another subnet if need be
   * @throws EngineException CONFLICT where the subnet is the user's choice; EXHAUSTED
   */
  synchronized NetworkRecord settle(NetworkRecord network) throws IOException {
    SubnetChoice choice = choice();
    List<SubnetSpec> settled = new ArrayList<>();
    for (SubnetSpec spec : network.subnets()) {
      Optional<Taken> rival = choice.rival(spec.subnet());
      if (rival.isEmpty()) {
        settled.add(spec);
      } else if (network.chosen() || network.isDefault()) {
        settled.add(withGateway(SubnetSpec.of(choice.choose(spec.subnet().family()))));
        LOGGER.warn(
            "network {} moves from {} to {}, as {} has come to use {}",
            network.name(),
            spec.subnet(),
            settled.getLast().subnet(),
            rival.get().by(),
            rival.get().subnet());
      } else {
        throw new EngineException(
            Kind.CONFLICT,
            "network "
                + network.name()
                + " cannot be used: its subnet "
                + spec.subnet()
                + " overlaps with "
                + rival.get().subnet()
                + " of "
                + rival.get().by()
                + ", where its packets would go; take that away, or remove the network and create"
                + " it with another subnet");
      }
    }
    if (settled.equals(network.subnets())) {
      return network;
    }
    NetworkRecord moved = network.at(settled);
    moved.write(folder);
    networks.put(moved.id(), moved);
    return moved;
  }

  private static void checkSize(Subnet subnet) {
    if (subnet.size() < 4) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "subnet " + subnet + " is too small: it has no room for a gateway and an instance");
    }
  }

  private static SubnetSpec withGateway(SubnetSpec spec) {
    IpAddress first = spec.range().orElse(spec.subnet()).address();
    IpAddress gateway =
        spec.gateway()
            .orElseGet(() -> first.equals(spec.subnet().address()) ? first.plus(1) : first);
    return new SubnetSpec(spec.subnet(), Optional.of(gateway), spec.range(), spec.reserved());
  }

  /** Forgets a network that nothing uses. */
  synchronized void remove(NetworkRecord network) throws IOException {
    Files.deleteIfExists(NetworkRecord.file(folder, network.id()));
    networks.remove(network.id());
  }
}
