package dev.abode.engine.bridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The few settings of the host's network that bridges need. */
final class Sysctl {
  private static final Logger LOGGER = LoggerFactory.getLogger(Sysctl.class);
  private static final Path NET = Path.of("/proc/sys/net");

  private static final int NEIGHBOURS_EACH = 8;

  /** What was made sure of so far; the host's own limits are for about as many. */
  private static volatile int neighboursRemembered = 1024;

  private Sysctl() {}

  /** Packets may go from one interface to another; said when that is new. */
  static void forwardIpv4() throws IOException {
    if (change(NET.resolve("ipv4/ip_forward"), "1")) {
      LOGGER.warn(
          "this host forwards IPv4 packets from now on (net.ipv4.ip_forward=1), which bridge"
              + " networks need");
    }
  }

  /** As {@link #forwardIpv4}; the host goes on listening to the routers it listened to. */
  static void forwardIpv6() throws IOException {
    if (read(NET.resolve("ipv6/conf/all/forwarding")).equals("1")) {
      return;
    }
    List<Path> links;
    try (Stream<Path> all = Files.list(NET.resolve("ipv6/conf"))) {
      links = all.toList();
    }
    for (Path link : links) {
      // 1 means "unless it forwards", 2 means "even so": ip-sysctl.rst, accept_ra.
      if (read(link.resolve("accept_ra")).equals("1")) {
        change(link.resolve("accept_ra"), "2");
      }
    }
    change(NET.resolve("ipv6/conf/all/forwarding"), "1");
    LOGGER.warn(
        "this host forwards IPv6 packets from now on (net.ipv6.conf.all.forwarding=1), which"
            + " networks with IPv6 need");
  }

  /** Connections to 127.0.0.1 may be led into that bridge. */
  static void routeLoopback(String bridge) throws IOException {
    change(NET.resolve("ipv4/conf").resolve(bridge).resolve("route_localnet"), "1");
  }

  /** Packets may come in there though answers to them leave elsewhere. */
  static void acceptDetours(String link) throws IOException {
    change(NET.resolve("ipv4/conf").resolve(link).resolve("rp_filter"), "2");
  }

  /**
   * The kernel may know the hardware addresses of as many neighbours as so many instances have: the
   * host knows each of them, each knows its gateway, and whom of the others it talks to. All
   * network namespaces share one table a family; at its limit nobody new can be reached.
   */
  static void rememberNeighbours(int instances) throws IOException {
    int wanted = Integer.highestOneBit(instances * NEIGHBOURS_EACH) * 2;
    if (wanted <= neighboursRemembered) {
      return;
    }
    neighboursRemembered = wanted;
    for (String family : List.of("ipv4", "ipv6")) {
      Path table = NET.resolve(family).resolve("neigh/default");
      // Below the first limit nobody is forgotten, above the second after five seconds: arp(7).
      raise(table.resolve("gc_thresh3"), wanted);
      raise(table.resolve("gc_thresh2"), wanted / 2);
      raise(table.resolve("gc_thresh1"), wanted / 4);
    }
  }

  private static void raise(Path file, int value) throws IOException {
    String now = read(file);
    if (now.isEmpty() || Integer.parseInt(now) >= value) {
      return;
    }
    try {
      Files.writeString(file, Integer.toString(value));
    } catch (IOException e) {
      LOGGER.warn(
          "{} could not be raised from {} to {}; instances may not reach each other",
          file,
          now,
          value,
          e);
    }
  }

  private static boolean change(Path file, String value) throws IOException {
    if (read(file).equals(value)) {
      return false;
    }
    Files.writeString(file, value);
    return true;
  }

  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file).strip();
    } catch (NoSuchFileException e) {
      return "";
    }
  }
}
