package dev.abode.engine.bridge;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.network.Connection;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.record.Folders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The bridge networks of an engine, and what its running instances have of them. */
public final class BridgeNetworks {
  private final NetworkBook book;
  private final Map<String, NetworkRun> runs = new ConcurrentHashMap<>();

  private BridgeNetworks(NetworkBook book) {
    this.book = book;
  }

  /** Reads which networks there are. Nothing in the kernel is touched. */
  public static BridgeNetworks open(Folders folders, List<String> repairs) throws IOException {
    return new BridgeNetworks(NetworkBook.open(folders.networks(), bridges -> List.of(), repairs));
  }

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

  /** Forgets a network that no instance uses. */
  public void remove(NetworkInfo network) throws IOException {
    Optional<NetworkRecord> record = book.byId(network.id());
    if (record.isPresent()) {
      book.remove(record.get());
    }
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
      Optional<Endpoint> endpoint =
          run.endpoints().stream().filter(e -> e.networkId().equals(spec.network())).findFirst();
      connections.add(
          new Connection(
              network.map(NetworkRecord::name).orElse(spec.network()),
              network.map(NetworkRecord::id).orElse(""),
              spec,
              endpoint));
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
}
