package dev.abode.engine;

import dev.abode.engine.bridge.BridgeNetworks;
import dev.abode.engine.bridge.NetworkRun;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.launch.InstanceEtc;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.record.InstanceRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** To which networks an instance belongs: from its creation on, and changed later. */
final class Connecting {
  private Connecting() {}

  /**
   * The endpoints of a new instance.
   *
   * @throws EngineException NOT_FOUND for a network, INVALID_ARGUMENT for what cannot be
   */
  static List<EndpointSpec> endpoints(Site site, InstanceSpec spec) throws IOException {
    return switch (spec.network()) {
      case NetworkMode.None none -> List.of();
      case NetworkMode.Host host -> List.of();
      case NetworkMode.Instance other -> List.of();
      case NetworkMode.Unspecified unspecified ->
          List.of(resolved(site, EndpointSpec.of("bridge")));
      case NetworkMode.Bridged bridged -> {
        List<EndpointSpec> endpoints = new ArrayList<>();
        for (EndpointSpec asked : bridged.endpoints()) {
          EndpointSpec endpoint = resolved(site, asked);
          refuseTwice(endpoints, endpoint, asked.network());
          endpoints.add(endpoint);
        }
        yield endpoints;
      }
    };
  }

  private static EndpointSpec resolved(Site site, EndpointSpec asked) throws IOException {
    EndpointSpec endpoint = site.networks().resolve(asked);
    NetworkInfo network = site.networks().byId(endpoint.network()).orElseThrow();
    if (network.isDefault() && (asked.ipv4().isPresent() || asked.ipv6().isPresent())) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "invalid config for network bridge: user specified IP address is supported on user"
              + " defined networks only; make one with a subnet of your choice");
    }
    return endpoint;
  }

  private static void refuseTwice(
      List<EndpointSpec> endpoints, EndpointSpec endpoint, String name) {
    if (find(endpoints, endpoint.network()).isPresent()) {
      throw new EngineException(
          Kind.CONFLICT, "endpoint already exists in network " + name + "; name it once");
    }
  }

  private static Optional<EndpointSpec> find(List<EndpointSpec> endpoints, String networkId) {
    return endpoints.stream().filter(e -> e.network().equals(networkId)).findFirst();
  }

  /**
   * Connects {@code instance} to one more network.
   *
   * @return whether it runs, and so is in it from now on
   */
  static boolean connect(LiveInstance instance, EndpointSpec asked) throws IOException {
    return instance.atOnce(
        () -> {
          InstanceRecord record = instance.now().record();
          refuseBorrowed(record.spec());
          EndpointSpec endpoint = resolved(instance.site, asked);
          if (find(record.endpoints(), endpoint.network()).isPresent()) {
            throw new EngineException(
                Kind.CONFLICT,
                "endpoint with name "
                    + record.name()
                    + " already exists in network "
                    + asked.network()
                    + ": it is connected to it; disconnect it first");
          }
          List<EndpointSpec> endpoints = new ArrayList<>(record.endpoints());
          endpoints.add(endpoint);
          Optional<Run> run = instance.now().run();
          refuseOnBoard(instance, run);
          if (run.isPresent()) {
            join(instance, endpoint, run.get().workload().pid());
          }
          instance.state().define(record.withEndpoints(endpoints));
          return run.isPresent();
        });
  }

  private static void join(LiveInstance instance, EndpointSpec endpoint, int pid)
      throws IOException {
    Site site = instance.site;
    NetworkRun before = site.networks().run(instance.id());
    site.networks().join(instance.id(), endpoint, instance.runFolder().network(), pid);
    // For one that was in no network yet, names begin to resolve here.
    site.names().serve(instance.now().record(), pid);
    renewEtc(instance, before);
  }

  private static void renewEtc(LiveInstance instance, NetworkRun before) throws IOException {
    InstanceEtc.renew(
        instance.now().record(),
        instance.folder().etc(),
        before.endpoints(),
        instance.site.networks().run(instance.id()).endpoints());
  }

  /** The board of a machine is made when it starts. */
  private static void refuseOnBoard(LiveInstance instance, Optional<Run> run) {
    if (run.isPresent() && instance.now().record().spec().isolation() == Isolation.VM) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "the networks of a virtual machine cannot be changed while it runs; stop "
              + instance.now().record().name()
              + ", connect or disconnect it, and start it again");
    }
  }

  private static void refuseBorrowed(InstanceSpec spec) {
    boolean own =
        switch (spec.network()) {
          case NetworkMode.Host host -> false;
          case NetworkMode.Instance other -> false;
          case NetworkMode.None none -> true;
          case NetworkMode.Unspecified unspecified -> true;
          case NetworkMode.Bridged bridged -> true;
        };
    if (!own) {
      throw new EngineException(
          Kind.CONFLICT,
          "container sharing network namespace with another container or host cannot be connected"
              + " to any other network");
    }
  }

  /**
   * Takes {@code instance} out of {@code network}.
   *
   * @return whether it runs, and so was in it until now
   */
  static boolean disconnect(LiveInstance instance, NetworkInfo network, boolean force)
      throws IOException {
    return instance.atOnce(
        () -> {
          InstanceRecord record = instance.now().record();
          Optional<EndpointSpec> endpoint = find(record.endpoints(), network.id());
          if (endpoint.isEmpty()) {
            throw new EngineException(
                Kind.CONFLICT,
                "container " + instance.id() + " is not connected to network " + network.name());
          }
          List<EndpointSpec> endpoints = new ArrayList<>(record.endpoints());
          endpoints.remove(endpoint.get());
          Optional<Run> run = instance.now().run();
          refuseOnBoard(instance, run);
          instance.state().define(record.withEndpoints(endpoints));
          if (run.isPresent()) {
            BridgeNetworks networks = instance.site.networks();
            NetworkRun before = networks.run(instance.id());
            Path file = instance.runFolder().network();
            networks.part(instance.id(), network.id(), file, run.get().workload().pid());
            renewEtc(instance, before);
          }
          return run.isPresent();
        });
  }
}
