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
