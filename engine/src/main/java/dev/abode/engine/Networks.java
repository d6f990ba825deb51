package dev.abode.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.NetworkSpec;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The networks of an engine. Three are always there: {@code bridge}, which instances are in that
 * ask for none; {@code host}; and {@code none}. A network's bridge is in the kernel while instances
 * run in it. Safe for many threads.
 */
public final class Networks {
  static final NetworkInfo HOST = builtIn("host", NetworkInfo.Kind.HOST);
  static final NetworkInfo NONE = builtIn("none", NetworkInfo.Kind.NONE);

  private static final List<NetworkInfo> NAMED_ONLY = List.of(HOST, NONE);

  private final Site site;

  Networks(Site site) {
    this.site = site;
  }

  private static NetworkInfo builtIn(String name, NetworkInfo.Kind kind) {
    String id = HexFormat.of().formatHex(name.getBytes(US_ASCII));
    return new NetworkInfo(
        // Told apart by the twelve digits that are shown.
        id + "ab0de" + "0".repeat(59 - id.length()),
        name,
        Instant.EPOCH,
        kind,
        List.of(),
        true,
        false,
        false,
        false,
        Map.of(),
        Map.of(),
        Map.of(),
        "",
        List.of());
  }

  /** All of them, {@code host} and {@code none} included. */
  public List<NetworkInfo> list() throws IOException {
    List<NetworkInfo> all = new ArrayList<>(site.networks().list());
    all.addAll(NAMED_ONLY);
    return all;
  }

  /**
   * The network of that name, ID or unambiguous ID prefix, in this order.
   *
   * @throws EngineException INVALID_ARGUMENT for an ambiguous prefix
   */
  public Optional<NetworkInfo> find(String nameOrId) throws IOException {
    for (NetworkInfo network : NAMED_ONLY) {
      if (network.name().equals(nameOrId)
          || (nameOrId.length() >= 12 && network.id().startsWith(nameOrId))) {
        return Optional.of(network);
      }
    }
    return site.networks().find(nameOrId);
  }

  /**
   * The network of that name or ID.
   *
   * @throws EngineException NOT_FOUND, in Docker's words
   */
  public NetworkInfo require(String nameOrId) throws IOException {
    return find(nameOrId)
        .orElseThrow(
            () -> new EngineException(Kind.NOT_FOUND, "network " + nameOrId + " not found"));
  }

  /**
   * Makes a network.
   *
   * @throws EngineException CONFLICT for a name or a subnet that is in use, by the host too;
   *     INVALID_ARGUMENT and UNSUPPORTED for what cannot be
   */
  public NetworkInfo create(NetworkSpec spec) throws IOException {
    NetworkInfo made = site.networks().create(spec);
    NetworkAnnouncements.publish(site, made, "create", Map.of());
    return made;
  }

  /**
   * Removes a network.
   *
   * @throws EngineException NOT_FOUND; PERMISSION, as in Docker, for those that are always there,
   *     and while instances run in it
   */
  public void remove(String nameOrId) throws IOException {
    NetworkInfo network = require(nameOrId);
    if (network.isBuiltIn()) {
      throw new EngineException(
          Kind.PERMISSION, network.name() + " is a pre-defined network and cannot be removed");
    }
    if (!network.endpoints().isEmpty()) {
      Endpoint first = network.endpoints().getFirst();
      throw new EngineException(
          Kind.PERMISSION,
          "error while removing network: network "
              + network.name()
              + " has active endpoints (name:\""
              + site.catalog().nameOf(first.instanceId())
              + "\" id:\""
              + first.id().substring(0, 12)
              + "\"); disconnect or end the instances in it first");
    }
    site.networks().remove(network);
    NetworkAnnouncements.publish(site, network, "destroy", Map.of());
  }

  /**
   * Removes the networks that no instance belongs to, running or not.
   *
   * @param which of them
   * @return their names
   */
  public List<String> prune(Predicate<NetworkInfo> which) throws IOException {
    List<String> removed = new ArrayList<>();
    for (NetworkInfo network : site.networks().list()) {
      if (!network.isBuiltIn() && which.test(network) && members(network).isEmpty()) {
        remove(network.id());
        removed.add(network.name());
      }
    }
    return removed;
  }

  /** IDs of the instances that belong to it, running or not. */
  public List<String> members(NetworkInfo network) {
    return site.catalog().all().stream()
        .filter(
            instance ->
                instance.now().record().endpoints().stream()
                    .anyMatch(endpoint -> endpoint.network().equals(network.id())))
        .map(LiveInstance::id)
        .toList();
  }

  /**
   * Connects an instance to a further network, at once when it runs.
   *
   * @throws EngineException NOT_FOUND; CONFLICT when it is connected already, or shares the host's
   *     or another instance's network
   */
  public void connect(String instance, EndpointSpec spec) throws IOException {
    NetworkInfo network = requireBridge(spec.network());
    LiveInstance member = site.catalog().require(instance);
    if (Connecting.connect(member, spec.in(network.id()))) {
      announce(network, "connect", member);
    }
  }

  /**
   * Takes an instance out of a network, at once when it runs.
   *
   * @param force even when the network or the instance is gone
   * @throws EngineException NOT_FOUND; CONFLICT when it is not connected
   */
  public void disconnect(String instance, String nameOrId, boolean force) throws IOException {
    NetworkInfo network = requireBridge(nameOrId);
    LiveInstance member = site.catalog().require(instance);
    if (Connecting.disconnect(member, network, force)) {
      announce(network, "disconnect", member);
    }
  }

  private void announce(NetworkInfo network, String action, LiveInstance member) {
    NetworkAnnouncements.publish(site, network, action, Map.of("container", member.id()));
  }

  private NetworkInfo requireBridge(String nameOrId) throws IOException {
    NetworkInfo network = require(nameOrId);
    return switch (network.kind()) {
      case BRIDGE -> network;
      case HOST ->
          throw new EngineException(
              Kind.CONFLICT,
              "container cannot be connected to or disconnected from host network; that is decided"
                  + " when it is created");
      case NONE ->
          throw new EngineException(
              Kind.CONFLICT,
              "container cannot be connected to or disconnected from the none network; disconnect"
                  + " it from all others instead");
    };
  }
}
