package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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

  /** Connects an instance to one more network. */
  void join(String instanceId, EndpointSpec spec, Path file, int pid) throws IOException {
    Endpoint endpoint;
    NetworkRun before;
    NetworkRun after;
    ground.lock.lock();
    try {
      before = ground.run(instanceId);
      endpoint = leasing.lease(instanceId, spec, before.endpoints());
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
    try {
      plugging.insert(List.of(endpoint), pid);
      Plug.configure(pid, after.endpoints(), List.of(endpoint));
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
  void part(String instanceId, String networkId, Path file, int pid) throws IOException {
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
    Plug.lead(pid, after.endpoints());
  }
}
