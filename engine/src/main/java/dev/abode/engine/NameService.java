package dev.abode.engine;

import dev.abode.engine.bridge.BridgeNetworks;
import dev.abode.engine.bridge.MachinePlug;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.resolver.Listener;
import dev.abode.engine.resolver.Resolver;
import dev.abode.linux.NetworkNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A resolver for each running instance that has a place in a bridge network. It begins before the
 * workload does, and ends before its network is taken apart, which its sockets would keep.
 */
final class NameService implements AutoCloseable {
  private final Resolver resolver;
  private final BridgeNetworks networks;
  private final Catalog catalog;
  private final Map<String, Listener> listeners = new ConcurrentHashMap<>();

  NameService(Resolver resolver, BridgeNetworks networks, Catalog catalog) {
    this.resolver = resolver;
    this.networks = networks;
    this.catalog = catalog;
  }

  /**
   * Begins to answer an instance that is in a bridge network. Does nothing for others, and for
   * those that are answered already.
   *
   * @param pid of a process in its network namespace, where the loopback interface is up
   */
  void serve(InstanceRecord record, int pid) throws IOException {
    String id = record.id();
    if (networks.run(id).endpoints().isEmpty() || listeners.containsKey(id)) {
      return;
    }
    List<InetAddress> servers = record.spec().dns().stream().map(InetAddress::ofLiteral).toList();
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid)) {
      NetworkZone zone = new NetworkZone(id, networks, catalog);
      InetAddress address =
          switch (record.spec().isolation()) {
            case CONTAINER -> Resolver.ADDRESS;
            case VM -> MachinePlug.RESOLVER.toInetAddress();
          };
      listeners.put(id, resolver.serve(namespace, address, zone, servers));
    }
  }

  /** Ends it, if it had begun. */
  void end(String instanceId) {
    Listener listener = listeners.remove(instanceId);
    if (listener != null) {
      listener.close();
    }
  }

  @Override
  public void close() throws IOException {
    resolver.close();
  }
}
