package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.PublishedPort;
import dev.abode.linux.Links;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What an engine finds of the one before it. */
final class Adoption {
  private final Ground ground;

  Adoption(Ground ground) {
    this.ground = ground;
  }

  /** Notes what an instance has that went on running; returns what could not be kept. */
  List<String> adopt(String instanceId, Path file) throws IOException {
    NetworkRun run = NetworkRun.read(file);
    List<String> lost = new ArrayList<>();
    if (run.endpoints().isEmpty()) {
      return lost;
    }
    ground.lock.lock();
    try {
      ground.runs.put(instanceId, run);
      for (Endpoint endpoint : run.endpoints()) {
        Optional<NetworkRecord> network = ground.book.byId(endpoint.networkId());
        if (network.isPresent()) {
          ground.leases.adopt(network.get(), endpoint);
        }
      }
      for (PublishedPort port : ground.ports.retake(instanceId, run.ports())) {
        lost.add(
            "port "
                + port.hostPort()
                + " of "
                + port.hostAddress()
                + " has been taken by another process while no engine ran; from outside it still"
                + " leads to instance "
                + instanceId.substring(0, 12));
      }
    } finally {
      ground.lock.unlock();
    }
    return lost;
  }

  /**
   * Makes the kernel show what the adopted instances have, and nothing more.
   *
   * @return a sentence for what was taken away
   */
  List<String> reconcile() throws IOException {
    List<String> repairs = new ArrayList<>();
    ground.lock.lock();
    try {
      Map<String, Links.Link> there = new HashMap<>();
      ground.links.list().forEach(link -> there.put(link.name(), link));
      Set<String> wanted = new HashSet<>();
      for (NetworkRun run : ground.runs.values()) {
        for (Endpoint endpoint : run.endpoints()) {
          Optional<NetworkRecord> network = ground.book.byId(endpoint.networkId());
          if (network.isPresent() && !ground.bridges.isUp(network.get().id())) {
            ground.bridges.raise(network.get());
          }
          ground.bridges.adopt(endpoint, Optional.ofNullable(there.get(endpoint.hostInterface())));
          wanted.add(endpoint.hostInterface());
        }
      }
      sweep(wanted, repairs);
      ground.install();
    } finally {
      ground.lock.unlock();
    }
    return repairs;
  }

  private void sweep(Set<String> wanted, List<String> repairs) throws IOException {
    KernelNames names = ground.names;
    Set<String> ours = new HashSet<>();
    ground.book.all().forEach(network -> ours.add(network.bridge()));
    ground.bridges.networks().forEach(network -> ours.remove(network.bridge()));
    for (Links.Link link : ground.links.list()) {
      boolean stray =
          (names.isPort(link.name()) && !wanted.contains(link.name()))
              || (names.isSegment(link.name()) && !ground.bridges.isSegment(link.name()))
              || names
                  .segmentOfTrunk(link.name())
                  .filter(segment -> !ground.bridges.isSegment(segment))
                  .isPresent()
              || ours.contains(link.name());
      if (stray) {
        ground.links.delete(link.name());
        repairs.add("took away the interface " + link.name() + ", which nobody uses");
      }
    }
  }
}
