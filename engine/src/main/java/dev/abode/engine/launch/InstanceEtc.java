package dev.abode.engine.launch;

import dev.abode.engine.bridge.MachinePlug;
import dev.abode.engine.container.ContainerPlan;
import dev.abode.engine.container.EtcFiles;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.resolver.ResolvConf;
import dev.abode.engine.resolver.Resolver;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The files in {@code /etc} that tell of an instance's networks. */
public final class InstanceEtc {
  private static final String HOSTS = "hosts";
  private static final String RESOLV_CONF = "resolv.conf";

  /** The host's. */
  public static final Path HOSTS_RESOLV_CONF = Path.of("/etc/resolv.conf");

  private InstanceEtc() {}

  /**
   * Writes those of an instance that is to be started.
   *
   * @param folder where the engine keeps them
   */
  static void write(InstanceRecord record, Path folder, List<Endpoint> endpoints)
      throws IOException {
    Files.writeString(
        folder.resolve("hostname"),
        EtcFiles.hostname(ContainerPlan.hostname(record.spec(), record.id())));
    if (record.spec().network() instanceof NetworkMode.Instance) {
      return; // The others are those of the instance whose network it is.
    }
    for (Map.Entry<String, String> file : ofNetworks(record, endpoints).entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue());
    }
  }

  /**
   * Writes those of an instance whose networks have changed while it runs. A file that the instance
   * has changed meanwhile is left alone.
   *
   * @param folder where the engine keeps them; what is bound into the instance are these very files
   */
  static void renew(InstanceRecord record, Path folder, List<Endpoint> before, List<Endpoint> after)
      throws IOException {
    Map<String, String> old = ofNetworks(record, before);
    for (Map.Entry<String, String> file : ofNetworks(record, after).entrySet()) {
      Path path = folder.resolve(file.getKey());
      if (Files.readString(path).equals(old.get(file.getKey()))) {
        Files.writeString(path, file.getValue());
      }
    }
  }

  /** Those of a virtual machine, which has them on its own disk, by name. */
  static Map<String, String> ofMachine(InstanceRecord record, List<Endpoint> endpoints)
      throws IOException {
    Map<String, String> all = new HashMap<>(ofNetworks(record, endpoints));
    all.put("hostname", EtcFiles.hostname(ContainerPlan.hostname(record.spec(), record.id())));
    return all;
  }

  /** Those that tell of networks, by name. */
  static Map<String, String> ofNetworks(InstanceRecord record, List<Endpoint> endpoints)
      throws IOException {
    InstanceSpec spec = record.spec();
    List<String> addresses = new ArrayList<>();
    for (Endpoint endpoint : endpoints) {
      endpoint.ipv4().ifPresent(address -> addresses.add(address.address().toString()));
      endpoint.ipv6().ifPresent(address -> addresses.add(address.address().toString()));
    }
    return Map.of(
        HOSTS,
        EtcFiles.hosts(
            ContainerPlan.hostname(spec, record.id()),
            spec.domainname(),
            spec.extraHosts(),
            addresses,
            hostAddress(spec, endpoints)),
        RESOLV_CONF,
        resolvConf(spec, endpoints.isEmpty() ? Optional.empty() : Optional.of(service(spec))));
  }

  /**
   * What asks the network's name service, at this address, if it is in a bridge network, else what
   * the host asks.
   */
  private static String resolvConf(InstanceSpec spec, Optional<InetAddress> service)
      throws IOException {
    String ofHost = Files.exists(HOSTS_RESOLV_CONF) ? Files.readString(HOSTS_RESOLV_CONF) : "";
    List<InetAddress> servers = spec.dns().stream().map(InetAddress::ofLiteral).toList();
    ResolvConf conf = ResolvConf.parse(ofHost);
    if (service.isPresent()) {
      conf = conf.with(List.of(service.get()), spec.dnsSearch(), spec.dnsOptions());
      // A neighbour's name comes before the same one in the host's search domains, as in Docker;
      // in the default network, where Docker has no names, it comes after.
      return (isInNetworkOfItsOwnChoice(spec) ? conf.withDefaultOption("ndots", 0) : conf).text();
    }
    if (!(spec.network() instanceof NetworkMode.Host)) {
      conf = conf.withoutLoopbackServers();
    } else if (servers.isEmpty() && spec.dnsSearch().isEmpty() && spec.dnsOptions().isEmpty()) {
      return ofHost;
    }
    return conf.with(servers, spec.dnsSearch(), spec.dnsOptions()).text();
  }

  private static boolean isInNetworkOfItsOwnChoice(InstanceSpec spec) {
    return spec.network() instanceof NetworkMode.Bridged bridged
        && !bridged.endpoints().getFirst().network().equals("bridge");
  }

  /** Where the instance asks for names. */
  private static InetAddress service(InstanceSpec spec) {
    return switch (spec.isolation()) {
      case CONTAINER -> Resolver.ADDRESS;
      case VM -> MachinePlug.RESOLVER.toInetAddress();
    };
  }

  /** Where the instance reaches the host. */
  private static Optional<String> hostAddress(InstanceSpec spec, List<Endpoint> endpoints) {
    if (spec.network() instanceof NetworkMode.Host) {
      return Optional.of("127.0.0.1");
    }
    return endpoints.stream()
        .flatMap(endpoint -> Stream.of(endpoint.ipv4(), endpoint.ipv6()))
        .flatMap(Optional::stream)
        .flatMap(address -> address.gateway().stream())
        .map(IpAddress::toString)
        .findFirst();
  }
}
