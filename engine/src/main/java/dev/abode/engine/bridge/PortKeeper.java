package dev.abode.engine.bridge;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.PortBinding;
import dev.abode.engine.network.PublishedPort;
import dev.abode.linux.Errno;
import dev.abode.linux.HostPort;
import dev.abode.linux.KernelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps the host's ports that are published from everybody else, by sockets that the engine holds.
 * Not safe for several threads.
 */
final class PortKeeper {
  private static final int ATTEMPTS = 20;

  private final Map<String, List<HostPort>> held = new HashMap<>();

  /**
   * Takes the ports of an instance; all of them, or none.
   *
   * @param families which its endpoints have
   * @param otherwise where to publish what says no address
   * @throws EngineException CONFLICT for a port that somebody has
   */
  List<PublishedPort> take(
      String instanceId,
      List<PortBinding> bindings,
      List<IpAddress.Family> families,
      List<IpAddress> otherwise) {
    List<HostPort> taken = new ArrayList<>();
    List<PublishedPort> published = new ArrayList<>();
    try {
      for (PortBinding binding : bindings) {
        List<IpAddress> addresses =
            binding.hostAddress().map(List::of).orElse(otherwise).stream()
                .filter(address -> families.contains(address.family()))
                .toList();
        if (!addresses.isEmpty()) {
          published.addAll(take(binding, addresses, taken));
        }
      }
    } catch (RuntimeException e) {
      taken.forEach(HostPort::close);
      throw e;
    }
    if (!taken.isEmpty()) {
      held.put(instanceId, taken);
    }
    return published;
  }

  /** One port, the same number on all addresses. */
  private static List<PublishedPort> take(
      PortBinding binding, List<IpAddress> addresses, List<HostPort> taken) {
    KernelException last = null;
    int tries =
        binding.firstHostPort() == 0
            ? ATTEMPTS
            : binding.lastHostPort() - binding.firstHostPort() + 1;
    for (int i = 0; i < tries; i++) {
      int wanted = binding.firstHostPort() == 0 ? 0 : binding.firstHostPort() + i;
      List<HostPort> ports = new ArrayList<>();
      List<PublishedPort> published = new ArrayList<>();
      try {
        for (IpAddress address : addresses) {
          HostPort port =
              HostPort.take(binding.port().protocol().number(), address.toInetAddress(), wanted);
          ports.add(port);
          wanted = port.number();
          published.add(new PublishedPort(binding.port(), address, wanted));
        }
        taken.addAll(ports);
        return published;
      } catch (KernelException e) {
        ports.forEach(HostPort::close);
        if (e.errno() != Errno.EADDRINUSE) {
          throw refused(binding, addresses.getFirst(), e);
        }
        last = e;
      }
    }
    throw inUse(binding, addresses.getFirst(), last);
  }

  private static EngineException refused(
      PortBinding binding, IpAddress address, KernelException cause) {
    boolean strange = cause.errno() == Errno.EADDRNOTAVAIL;
    return new EngineException(
        strange ? Kind.INVALID_ARGUMENT : Kind.INTERNAL,
        "Bind for "
            + address
            + ":"
            + binding.firstHostPort()
            + " failed: "
            + (strange
                ? "cannot assign requested address: it is none of this host's; leave it out, or"
                    + " say one of the host's"
                : cause.getMessage()),
        cause);
  }

  private static EngineException inUse(
      PortBinding binding,
      IpAddress address,
      @org.jspecify.annotations.Nullable KernelException cause) {
    int first = binding.firstHostPort();
    String ports =
        first == binding.lastHostPort() ? "" + first : first + "-" + binding.lastHostPort();
    String message =
        "Bind for "
            + address
            + ":"
            + ports
            + " failed: port is already allocated"
            + PortHolder.of(binding.port().protocol(), first)
                .map(holder -> " to " + holder)
                .orElse("")
            + "; choose another host port, or leave it out to be given one";
    return cause == null
        ? new EngineException(Kind.CONFLICT, message)
        : new EngineException(Kind.CONFLICT, message, cause);
  }

  /**
   * Takes again what a running instance has had under an earlier engine.
   *
   * @return those that somebody else has taken meanwhile
   */
  List<PublishedPort> retake(String instanceId, List<PublishedPort> ports) {
    List<HostPort> taken = new ArrayList<>();
    List<PublishedPort> lost = new ArrayList<>();
    for (PublishedPort port : ports) {
      try {
        taken.add(
            HostPort.take(
                port.port().protocol().number(),
                port.hostAddress().toInetAddress(),
                port.hostPort()));
      } catch (KernelException e) {
        lost.add(port);
      }
    }
    if (!taken.isEmpty()) {
      held.put(instanceId, taken);
    }
    return lost;
  }

  /** Gives an instance's ports back. */
  void release(String instanceId) {
    List<HostPort> ports = held.remove(instanceId);
    if (ports != null) {
      ports.forEach(HostPort::close);
    }
  }

  /** Gives all back. */
  void close() {
    held.values().forEach(ports -> ports.forEach(HostPort::close));
    held.clear();
  }
}
