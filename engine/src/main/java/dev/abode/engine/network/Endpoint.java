package dev.abode.engine.network;

import java.util.List;
import java.util.Optional;

/**
 * The place of one running instance in one network.
 *
 * @param id 64 hex digits, another at each start
 * @param instanceId whose it is
 * @param interfaceName inside the instance, {@code eth0} and so on
 * @param hostInterface its other end, a port of the network's bridge
 * @param aliases further names in the network
 */
public record Endpoint(
    String id,
    String networkId,
    String instanceId,
    String interfaceName,
    String hostInterface,
    MacAddress mac,
    Optional<InterfaceAddress> ipv4,
    Optional<InterfaceAddress> ipv6,
    List<String> aliases) {
  public Endpoint {
    aliases = List.copyOf(aliases);
  }

  /**
   * An address of the interface.
   *
   * @param prefix of its subnet
   * @param gateway where packets for elsewhere go; empty in an internal network
   */
  public record InterfaceAddress(IpAddress address, int prefix, Optional<IpAddress> gateway) {
    @Override
    public String toString() {
      return address + "/" + prefix;
    }
  }
}
