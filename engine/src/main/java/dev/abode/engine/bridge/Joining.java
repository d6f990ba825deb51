package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes of the networks of an instance that runs. */
final class Joining {
  private static final Logger LOGGER = LoggerFactory.getLogger(Joining.class);

  private final Ground ground;
  private final Leasing leasing;
  private final Plugging plugging;

  Joining(Ground ground, Leasing leasing, Plugging plugging) {
    this.ground = ground;
    this.leasing = leasing;
    this.plugging = plugging;
  }

  /** What is done in the network namespace of an instance. */
  private interface Inside {
    /** Makes the interface of the last of {@code all}. */
    void make(Endpoint endpoint, List<Endpoint> all) throws IOException;

    /** Goes on with those that are left. */
    void unmake(Endpoint gone, List<Endpoint> left) throws IOException;
  }

  /** The namespace is the instance's own. */
  private final class OfContainer implements Inside {
    private final int pid;

    OfContainer(int pid) {
      this.pid = pid;
    }

    @Override
    public void make(Endpoint endpoint, List<Endpoint> all) throws IOException {
      plugging.insert(List.of(endpoint), pid);
      Plug.configure(pid, all, List.of(endpoint));
    }

    @Override
    public void unmake(Endpoint gone, List<Endpoint> left) throws IOException {
      Plug.lead(pid, left);
    }
  }

  /** The namespace is the hypervisor's. */
  private final class OfMachine implements Inside {
    private final int pid;
    private final long owner;

    OfMachine(int pid, long owner) {
      this.pid = pid;
      this.owner = owner;
    }

    @Override
    public void make(Endpoint endpoint, List<Endpoint> all) throws IOException {
      plugging.insert(List.of(MachinePlug.uplink(endpoint)), pid);
      MachinePlug.configure(pid, all, List.of(endpoint), owner);
    }

    @Override
    public void unmake(Endpoint gone, List<Endpoint> left) throws IOException {
      MachinePlug.remove(pid, gone, left);
    }
  }

  private Inside inside(int pid, OptionalLong machine) {
    return machine.isPresent() ? new OfMachine(pid, machine.getAsLong()) : new OfContainer(pid);
  }

  /**
   * Connects an instance to one more network.
   *
   * @param machine the host's user id of its hypervisor, if it is a virtual machine
   */
  Endpoint join(String instanceId, EndpointSpec spec, Path file, int pid, OptionalLong machine)
      throws IOException {
    Endpoint endpoint;
    NetworkRun before;
    NetworkRun after;
    ground.lock.lock();
    try {
      before = ground.run(instanceId);
      endpoint = leasing.endpoint(instanceId, spec, Optional.empty(), before.endpoints());
      after = before.with(endpoint);
      ground.runs.put(instanceId, after);
      try {
        after.write(file);
      } catch (IOException | RuntimeException e) {
        forget(instanceId, before, endpoint, file);
        throw e;
      }
    } finally {
      ground.lock.unlock();
    }
    Inside inside = inside(pid, machine);
    try {
      inside.make(endpoint, after.endpoints());
      return endpoint;
    } catch (IOException | RuntimeException e) {
      forget(instanceId, before, endpoint, file);
      throw e;
    }
  }

  private void forget(String instanceId, NetworkRun left, Endpoint gone, Path file) {
    ground.lock.lock();
    try {
      if (left.endpoints().isEmpty()) {
        ground.runs.remove(instanceId);
      } else {
        ground.runs.put(instanceId, left);
      }
      ground.leases.release(gone);
      ground.bridges.leave(gone);
      ground.links.delete(gone.hostInterface());
      left.write(file);
    } catch (IOException e) {
      LOGGER.warn("what is left of an endpoint could not be taken away", e);
    } finally {
      ground.lock.unlock();
    }
  }

  /** Takes an instance out of a network. */
  void part(String instanceId, String networkId, Path file, int pid, OptionalLong machine)
      throws IOException {
    NetworkRun before = ground.run(instanceId);
    Optional<Endpoint> endpoint = before.endpoint(networkId);
    if (endpoint.isEmpty()) {
      return;
    }
    NetworkRun after = before.without(endpoint.get());
    forget(instanceId, after, endpoint.get(), file);
    ground.lock.lock();
    try {
      ground.install();
    } finally {
      ground.lock.unlock();
    }
    inside(pid, machine).unmake(endpoint.get(), after.endpoints());
  }
}
