package dev.abode.engine.resolver;

import dev.abode.linux.NetworkNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Name service for all instances of an engine.
 *
 * <p>An instance asks at {@link #ADDRESS}, as with Docker, in its own network namespace. The
 * sockets there are opened by the engine from outside, so that no rule of a firewall and no route
 * lies between the two; what has to be asked upstream the engine asks from the host's namespace,
 * where a stub resolver on a loopback address such as 127.0.0.53 can be reached. Nothing in the
 * instance's namespace has to be changed for that, but its loopback interface must be up.
 *
 * <p>The sockets end with the engine. The next one opens them again when it adopts an instance;
 * until then a question gets "connection refused" and clients ask again.
 */
public final class Resolver implements AutoCloseable {
  /** Where an instance finds its resolver. */
  public static final InetAddress ADDRESS = InetAddress.ofLiteral("127.0.0.11");

  private final Reception reception;
  private final HostResolvConf host;
  private final Set<InetAddress> ownAddresses = ConcurrentHashMap.newKeySet();
  private final Set<Endpoint> endpoints = ConcurrentHashMap.newKeySet();
  private final Upstream upstream;

  private Resolver(Reception reception, HostResolvConf host) {
    this.reception = reception;
    this.host = host;
    this.upstream = new Upstream(host, ownAddresses);
  }

  /**
   * A resolver that nobody can ask yet.
   *
   * @param hostResolvConf the host's file, which is followed when it changes
   */
  public static Resolver open(Path hostResolvConf) throws IOException {
    return new Resolver(new Reception(), new HostResolvConf(hostResolvConf));
  }

  /** What the host's own file says now. */
  public ResolvConf hostResolvConf() {
    return host.now();
  }

  /**
   * Answers at {@link #ADDRESS} in a namespace whose loopback interface is up.
   *
   * @param servers whom to ask what the zone does not know; empty for the host's servers
   * @throws IOException when the address is taken in there, or cannot be had
   */
  public Listener serve(NetworkNamespace namespace, Zone zone, List<InetAddress> servers)
      throws IOException {
    return serve(namespace, ADDRESS, zone, servers);
  }

  /** As above, at another address that the namespace has. */
  public Listener serve(
      NetworkNamespace namespace, InetAddress address, Zone zone, List<InetAddress> servers)
      throws IOException {
    Sockets sockets = namespace.call(() -> Sockets.open(address));
    return begin(sockets, zone, servers, endpoints::remove);
  }

  /**
   * Answers at an address of the host, where the machines of a network can reach it, such as its
   * gateway address.
   */
  public Listener listen(InetAddress address, Zone zone, List<InetAddress> servers)
      throws IOException {
    Sockets sockets = Sockets.open(address);
    ownAddresses.add(address);
    return begin(
        sockets,
        zone,
        servers,
        endpoint -> {
          endpoints.remove(endpoint);
          ownAddresses.remove(address);
        });
  }

  private Endpoint begin(
      Sockets sockets, Zone zone, List<InetAddress> servers, Consumer<Endpoint> whenClosed)
      throws IOException {
    Endpoint endpoint =
        new Endpoint(reception, sockets, new Answering(zone, servers, upstream), whenClosed);
    endpoints.add(endpoint);
    try {
      endpoint.begin();
    } catch (IOException | RuntimeException e) {
      endpoint.close();
      throw e;
    }
    return endpoint;
  }

  /** Ends all service. */
  @Override
  public void close() throws IOException {
    endpoints.forEach(Endpoint::close);
    reception.close();
  }
}
