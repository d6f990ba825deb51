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
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Keeps the host's ports that are published from everybody else, by sockets that the engine holds.
 * Not safe for several threads.
 */
final class PortKeeper {
  private static final int ATTEMPTS = 20;

  private static final IpAddress LOOPBACK6 = IpAddress.parse("::1");

  private final UnaryOperator<String> instanceName;
  private final Map<String, List<Held>> held = new HashMap<>();

  /** A port and the socket that keeps it. */
  private record Held(PublishedPort published, HostPort socket) {}

  /**
   * @param instanceName from an instance's ID, for failures
   */
  PortKeeper(UnaryOperator<String> instanceName) {
    this.instanceName = instanceName;
  }

  /**
   * Takes the ports of an instance; all of them, or none.
   *
   * @param families which its endpoints have
   * @param otherwise where to publish what says no address
   * @throws EngineException CONFLICT for a port that somebody has; UNSUPPORTED for an address from
   *     which nothing can be led to the instance
   */
  List<PublishedPort> take(
      String instanceId,
      List<PortBinding> bindings,
      List<IpAddress.Family> families,
      List<IpAddress> otherwise) {
    List<Held> taken = new ArrayList<>();
    try {
      for (PortBinding binding : bindings) {
        binding.hostAddress().ifPresent(address -> requireWay(binding, address, families));
        List<IpAddress> addresses =
            binding.hostAddress().map(List::of).orElse(otherwise).stream()
                .filter(address -> families.contains(address.family()))
                .toList();
        if (!addresses.isEmpty()) {
          taken.addAll(take(binding, addresses));
        }
      }
    } catch (RuntimeException e) {
      taken.forEach(port -> port.socket().close());
      throw e;
    }
    if (!taken.isEmpty()) {
      held.put(instanceId, taken);
    }
    return taken.stream().map(Held::published).toList();
  }

  /** One port, the same number on all addresses. */
  private List<Held> take(PortBinding binding, List<IpAddress> addresses) {
    KernelException last = null;
    int tries =
        binding.firstHostPort() == 0
            ? ATTEMPTS
            : binding.lastHostPort() - binding.firstHostPort() + 1;
    for (int i = 0; i < tries; i++) {
      int wanted = binding.firstHostPort() == 0 ? 0 : binding.firstHostPort() + i;
      List<Held> taken = new ArrayList<>();
      try {
        for (IpAddress address : addresses) {
          HostPort port =
              HostPort.take(binding.port().protocol().number(), address.toInetAddress(), wanted);
          wanted = port.number();
          taken.add(new Held(new PublishedPort(binding.port(), address, wanted), port));
        }
        return taken;
      } catch (KernelException e) {
        taken.forEach(port -> port.socket().close());
        if (e.errno() != Errno.EADDRINUSE) {
          throw refused(binding, addresses.getFirst(), e);
        }
        last = e;
      }
    }
    throw inUse(binding, addresses.getFirst(), last);
  }

  /** Refuses an address that was asked for and would be published in vain. */
  private static void requireWay(
      PortBinding binding, IpAddress address, List<IpAddress.Family> families) {
    String reason;
    if (!families.isEmpty() && !families.contains(address.family())) {
      String family = address.isIpv4() ? "IPv4" : "IPv6";
      reason =
          "none of the container's networks has "
              + family
              + (address.isIpv4() ? "" : " (network create --ipv6)")
              + "; leave the address out to publish where there is a way";
    } else if (address.equals(LOOPBACK6)) {
      reason =
          "the kernel leads nothing from ::1 to a container; publish at 127.0.0.1, which is for"
              + " this host alone as well";
    } else {
      return;
    }
    throw new EngineException(Kind.UNSUPPORTED, bindFailed(binding, address) + reason);
  }

  private static EngineException refused(
      PortBinding binding, IpAddress address, KernelException cause) {
    Kind kind;
    String reason;
    switch (cause.errno()) {
      case Errno.EADDRNOTAVAIL -> {
        kind = Kind.INVALID_ARGUMENT;
        reason =
            "cannot assign requested address: it is none of this host's; leave it out, or say one"
                + " of the host's";
      }
      case Errno.EPROTONOSUPPORT -> {
        kind = Kind.UNSUPPORTED;
        reason =
            "the host's kernel does not know "
                + binding.port().protocol().word()
                + "; load its module, or publish another protocol";
      }
      default -> {
        kind = Kind.INTERNAL;
        reason = String.valueOf(cause.getMessage());
      }
    }
    return new EngineException(kind, bindFailed(binding, address) + reason, cause);
  }

  private static String bindFailed(PortBinding binding, IpAddress address) {
    return "Bind for " + address + ":" + binding.firstHostPort() + " failed: ";
  }

  private EngineException inUse(
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
            + instance(binding)
                .or(() -> PortHolder.of(binding.port().protocol(), first))
                .map(holder -> " to " + holder)
                .orElse("")
            + "; choose another host port, or leave it out to be given one";
    return cause == null
        ? new EngineException(Kind.CONFLICT, message)
        : new EngineException(Kind.CONFLICT, message, cause);
  }

  /** The instance of this engine that has one of the ports asked for. */
  private Optional<String> instance(PortBinding binding) {
    for (Map.Entry<String, List<Held>> holder : held.entrySet()) {
      for (Held port : holder.getValue()) {
        if (port.published().port().protocol() == binding.port().protocol()
            && port.published().hostPort() >= binding.firstHostPort()
            && port.published().hostPort() <= binding.lastHostPort()) {
          return Optional.of("container " + instanceName.apply(holder.getKey()));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Takes again what a running instance has had under an earlier engine.
   *
   * @return those that somebody else has taken meanwhile
   */
  List<PublishedPort> retake(String instanceId, List<PublishedPort> ports) {
    List<Held> taken = new ArrayList<>();
    List<PublishedPort> lost = new ArrayList<>();
    for (PublishedPort port : ports) {
      try {
        HostPort socket =
            HostPort.take(
                port.port().protocol().number(),
                port.hostAddress().toInetAddress(),
                port.hostPort());
        taken.add(new Held(port, socket));
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
    List<Held> ports = held.remove(instanceId);
    if (ports != null) {
      ports.forEach(port -> port.socket().close());
    }
  }

  /** Gives all back. */
  void close() {
    held.values().forEach(ports -> ports.forEach(port -> port.socket().close()));
    held.clear();
  }
}
