package dev.abode.engine;

import dev.abode.engine.bridge.BridgeNetworks;
import dev.abode.engine.bridge.NetworkRun;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.launch.Workload;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.record.InstanceRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

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
          List.of(site.networks().resolve(EndpointSpec.of("bridge")));
      case NetworkMode.Bridged bridged -> {
        List<EndpointSpec> endpoints = new ArrayList<>();
        for (EndpointSpec asked : bridged.endpoints()) {
          EndpointSpec endpoint = site.networks().resolve(asked);
          refuseTwice(endpoints, endpoint, asked.network());
          endpoints.add(endpoint);
        }
        yield endpoints;
      }
    };
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
          EndpointSpec endpoint = instance.site.networks().resolve(asked);
          if (find(record.endpoints(), endpoint.network()).isPresent()) {
            throw new EngineException(
                Kind.CONFLICT,
                "endpoint with name "
                    + record.name()
                    + " already exists in network "
                    + instance.site.networks().byId(endpoint.network()).orElseThrow().name()
                    + ": it is connected to it; disconnect it first");
          }
          List<EndpointSpec> endpoints = new ArrayList<>(record.endpoints());
          endpoints.add(endpoint);
          Optional<Run> run = instance.now().run();
          refusePaused(instance);
          if (run.isPresent()) {
            join(instance, endpoint, run.get().workload());
          }
          instance.state().define(record.withEndpoints(endpoints));
          return run.isPresent();
        });
  }

  private static void join(LiveInstance instance, EndpointSpec spec, Workload workload)
      throws IOException {
    Site site = instance.site;
    InstanceRecord record = instance.now().record();
    Path file = instance.runFolder().network();
    NetworkRun before = site.networks().run(instance.id());
    OptionalLong machine = machine(record, workload);
    Endpoint made = site.networks().join(instance.id(), spec, file, workload.pid(), machine);
    try {
      // For one that was in no network yet, names begin to resolve here.
      site.names().serve(record, workload.pid());
      site.walls().joined(instance.whereabouts(), before.endpoints(), made);
    } catch (IOException | RuntimeException e) {
      try {
        site.networks().part(instance.id(), made.networkId(), file, workload.pid(), machine);
      } catch (IOException parting) {
        e.addSuppressed(parting);
      }
      throw e;
    }
  }

  /** Whose the tap of a virtual machine is. */
  private static OptionalLong machine(InstanceRecord record, Workload workload) {
    return switch (record.spec().isolation()) {
      case CONTAINER -> OptionalLong.empty();
      case VM -> workload.firstId();
    };
  }

  /** The hypervisor of one that is paused hears nothing. */
  private static void refusePaused(LiveInstance instance) {
    if (instance.now().status() == InstanceStatus.PAUSED
        && instance.now().record().spec().isolation() == Isolation.VM) {
      throw instance.conflict(
          "the networks of a virtual machine cannot be changed while it is paused; unpause "
              + instance.now().record().name()
              + " first");
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
          refusePaused(instance);
          instance.state().define(record.withEndpoints(endpoints));
          if (run.isPresent()) {
            part(instance, network.id(), run.get().workload());
          }
          return run.isPresent();
        });
  }

  private static void part(LiveInstance instance, String networkId, Workload workload)
      throws IOException {
    BridgeNetworks networks = instance.site.networks();
    Optional<Endpoint> gone = networks.run(instance.id()).endpoint(networkId);
    if (gone.isEmpty()) {
      return;
    }
    OptionalLong machine = machine(instance.now().record(), workload);
    Path file = instance.runFolder().network();
    networks.part(instance.id(), networkId, file, workload.pid(), machine);
    List<Endpoint> left = networks.run(instance.id()).endpoints();
    instance.site.walls().parted(instance.whereabouts(), gone.get(), left);
  }

  /**
   * Takes an instance that was adopted out of the networks that it is not in by its record: the
   * engine before this one ended between the two.
   *
   * @return whether there were any
   */
  static boolean settle(LiveInstance instance, Workload workload) throws IOException {
    InstanceRecord record = instance.now().record();
    boolean any = false;
    for (Endpoint endpoint : instance.site.networks().run(instance.id()).endpoints()) {
      if (find(record.endpoints(), endpoint.networkId()).isEmpty()) {
        part(instance, endpoint.networkId(), workload);
        any = true;
      }
    }
    return any;
  }
}
