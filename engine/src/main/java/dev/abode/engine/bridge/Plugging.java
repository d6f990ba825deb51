package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Interfaces and published ports of an instance whose network namespace exists. */
final class Plugging {
  private final Ground ground;

  Plugging(Ground ground) {
    this.ground = ground;
  }

  /** Makes the interfaces in the network namespace of a process, and leads ports to them. */
  void attach(String instanceId, int pid) throws IOException {
    NetworkRun run = ground.run(instanceId);
    insert(run.endpoints(), pid);
    Plug.configure(pid, run.endpoints(), run.endpoints());
    publish(run);
  }

  /** As above, of a virtual machine whose hypervisor runs as {@code owner}. */
  void attachMachine(String instanceId, int pid, long owner) throws IOException {
    NetworkRun run = ground.run(instanceId);
    insert(run.endpoints().stream().map(MachinePlug::uplink).toList(), pid);
    MachinePlug.configure(pid, run.endpoints(), run.endpoints(), owner);
    publish(run);
  }

  /** Makes the interfaces, without the lock, as each takes the kernel a moment. */
  void insert(List<Endpoint> endpoints, int pid) throws IOException {
    Map<Endpoint, Bridges.Socket> sockets = new LinkedHashMap<>();
    ground.lock.lock();
    try {
      for (Endpoint endpoint : endpoints) {
        sockets.put(endpoint, ground.bridges.enter(endpoint.networkId(), endpoint.id()));
      }
    } finally {
      ground.lock.unlock();
    }
    for (Map.Entry<Endpoint, Bridges.Socket> socket : sockets.entrySet()) {
      ground.plug.insert(socket.getKey(), socket.getValue(), pid);
    }
  }

  private void publish(NetworkRun run) throws IOException {
    List<Firewall.Lead> leads = Firewall.leads(run);
    if (leads.isEmpty()) {
      return;
    }
    ground.lock.lock();
    try {
      if (ground.bridges.exit().isEmpty()) {
        ground.install();
      }
      ground.firewall.publish(leads);
    } finally {
      ground.lock.unlock();
    }
  }
}
