package dev.abode.engine.bridge;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.Subnet;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds subnets that nobody uses: not a network of this engine, and nothing the host has a route or
 * an address for.
 *
 * @param networks by whose name each is used
 * @param host what its interfaces and routes use
 */
record SubnetChoice(List<Taken> networks, List<Taken> host) {

  /** A subnet in use. */
  record Taken(Subnet subnet, String by) {}

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int ATTEMPTS = 32;

  /** Docker's pools: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 and so on. */
  private static final List<Subnet> POOLS = pools();

  private static List<Subnet> pools() {
    List<Subnet> pools = new ArrayList<>();
    for (int second = 17; second <= 31; second++) {
      pools.add(Subnet.parse("172." + second + ".0.0/16"));
    }
    for (int third = 0; third < 256; third += 16) {
      pools.add(Subnet.parse("192.168." + third + ".0/20"));
    }
    return pools;
  }

  /** The first free subnet of the family. */
  Subnet choose(IpAddress.Family family) {
    return switch (family) {
      case IPV4 ->
          POOLS.stream()
              .filter(this::isFree)
              .findFirst()
              .orElseThrow(
                  () ->
                      new EngineException(
                          Kind.EXHAUSTED,
                          "could not find an available, non-overlapping IPv4 address pool among"
                              + " 172.17.0.0/16 to 172.31.0.0/16 and 192.168.0.0/16; remove a"
                              + " network that is not needed, or say one with --subnet"));
      case IPV6 -> local();
    };
  }

  /** A unique local subnet, RFC 4193: 40 random bits make it unlike all others. */
  private Subnet local() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      long high = (0xfdL << 56) | ((RANDOM.nextLong() >>> 8) & 0xff_ffff_ffff_0000L);
      Subnet subnet = new Subnet(new IpAddress(IpAddress.Family.IPV6, high, 0), 64);
      if (isFree(subnet)) {
        return subnet;
      }
    }
    throw new EngineException(Kind.EXHAUSTED, "could not find an unused IPv6 subnet");
  }

  private boolean isFree(Subnet subnet) {
    return networks.stream().noneMatch(taken -> taken.subnet().overlaps(subnet))
        && host.stream().noneMatch(taken -> taken.subnet().overlaps(subnet));
  }

  /**
   * What of the host takes packets away from a subnet of ours: as large, or a part of it. What is
   * larger gives way, as the kernel follows the narrowest route.
   */
  Optional<Taken> rival(Subnet subnet) {
    return host.stream()
        .filter(taken -> taken.subnet().overlaps(subnet))
        .filter(taken -> taken.subnet().prefix() >= subnet.prefix())
        .findFirst();
  }

  /**
   * Refuses a subnet that was asked for and is in use.
   *
   * @throws EngineException CONFLICT, naming who uses it
   */
  void check(Subnet subnet) {
    for (Taken taken : networks) {
      if (taken.subnet().overlaps(subnet)) {
        throw overlap(subnet, taken);
      }
    }
    for (Taken taken : host) {
      if (taken.subnet().overlaps(subnet)) {
        throw overlap(subnet, taken);
      }
    }
  }

  private static EngineException overlap(Subnet subnet, Taken taken) {
    return new EngineException(
        Kind.CONFLICT,
        "invalid pool request: Pool overlaps with other one on this address space: "
            + subnet
            + " overlaps with "
            + taken.subnet()
            + " of "
            + taken.by()
            + "; choose another subnet, or leave it out to be given one");
  }
}
