package dev.abode.engine.machine;

import dev.abode.engine.bridge.MachinePlug;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.Endpoint.InterfaceAddress;
import dev.abode.engine.network.IpAddress;
import dev.abode.init.Step;
import dev.abode.init.Step.Place;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The steps by which a guest sets its network up, as the engine sets up a container's. */
final class GuestNetwork {
  private static final int SINGLE = 32;
  private static final String IPV6 = "/proc/sys/net/ipv6/conf/";

  private GuestNetwork() {}

  static void setUp(List<Step> steps, List<NetworkCard> cards) {
    for (NetworkCard card : cards) {
      Endpoint endpoint = card.endpoint();
      String name = endpoint.interfaceName();
      steps.add(
          new Step.NameInterface(
              NetworkCard.mac(card.number()).toString(),
              name,
              card.mtu(),
              Optional.of(endpoint.mac().toString())));
      raise(steps, endpoint);
    }
    address(steps, cards);
  }

  /** Of a guest whose interfaces have their names already, and perhaps another's addresses. */
  static void move(List<Step> steps, List<NetworkCard> cards) {
    for (NetworkCard card : cards) {
      String name = card.endpoint().interfaceName();
      String mac = card.endpoint().mac().toString();
      steps.add(new Step.NameInterface("", name, card.mtu(), Optional.of(mac)));
      beginIpv6(steps, card.endpoint());
    }
    address(steps, cards);
  }

  /**
   * Of a guest that has got one more card, the last of {@code cards}, with the address of its
   * endpoint.
   */
  static void join(List<Step> steps, List<NetworkCard> cards) {
    Endpoint endpoint = cards.getLast().endpoint();
    steps.add(
        new Step.NameInterface(
            endpoint.mac().toString(), endpoint.interfaceName(), cards.getLast().mtu()));
    raise(steps, endpoint);
    addresses(steps, endpoint);
    lead(steps, cards);
  }

  /**
   * Sets an interface up. Nobody else has its addresses of IPv6: they are ready at once. Without
   * one it makes itself none.
   */
  private static void raise(List<Step> steps, Endpoint endpoint) {
    String name = endpoint.interfaceName();
    for (String which : List.of("all", name)) {
      steps.add(new Step.WriteFile(Place.HOST, IPV6 + which + "/accept_dad", "0"));
    }
    if (endpoint.ipv6().isEmpty()) {
      steps.add(new Step.WriteFile(Place.HOST, IPV6 + name + "/addr_gen_mode", "1"));
    }
    steps.add(new Step.RaiseInterface(name));
  }

  /** The ways to elsewhere and to names, as far as they are not there. */
  static void lead(List<Step> steps, List<NetworkCard> cards) {
    routes(steps, cards, Endpoint::ipv4);
    routes(steps, cards, Endpoint::ipv6);
    cards.stream().findFirst().ifPresent(card -> resolver(steps, card.endpoint()));
  }

  /**
   * Takes away the addresses of IPv6 that the interface has, since giving it one leaves the others,
   * and has it make itself one only where it is to have any.
   */
  private static void beginIpv6(List<Step> steps, Endpoint endpoint) {
    String folder = IPV6 + endpoint.interfaceName();
    String mode = endpoint.ipv6().isEmpty() ? "1" : "0";
    steps.add(new Step.WriteFile(Place.HOST, folder + "/addr_gen_mode", mode));
    steps.add(new Step.WriteFile(Place.HOST, folder + "/disable_ipv6", "1"));
    steps.add(new Step.WriteFile(Place.HOST, folder + "/disable_ipv6", "0"));
  }

  private static void address(List<Step> steps, List<NetworkCard> cards) {
    cards.forEach(card -> addresses(steps, card.endpoint()));
    lead(steps, cards);
  }

  private static void addresses(List<Step> steps, Endpoint endpoint) {
    String name = endpoint.interfaceName();
    endpoint.ipv4().ifPresent(address -> steps.add(add(name, address)));
    endpoint.ipv6().ifPresent(address -> steps.add(add(name, address)));
  }

  private static Step add(String name, InterfaceAddress address) {
    return new Step.AddAddress(name, address.address().toInetAddress(), address.prefix());
  }

  /** The first with a gateway is the way to elsewhere. */
  private static void routes(
      List<Step> steps,
      List<NetworkCard> cards,
      Function<Endpoint, Optional<InterfaceAddress>> family) {
    for (NetworkCard card : cards) {
      Optional<IpAddress> gateway =
          family.apply(card.endpoint()).flatMap(InterfaceAddress::gateway);
      if (gateway.isPresent()) {
        steps.add(
            new Step.AddRoute(card.endpoint().interfaceName(), gateway.get().toInetAddress()));
        return;
      }
    }
  }

  private static void resolver(List<Step> steps, Endpoint endpoint) {
    String name = endpoint.interfaceName();
    if (endpoint.ipv4().isEmpty()) {
      steps.add(new Step.AddAddress(name, MachinePlug.ASKER.toInetAddress(), SINGLE));
    }
    steps.add(
        new Step.AddNeighbour(
            name,
            MachinePlug.RESOLVER.toInetAddress(),
            MachinePlug.resolverMac(endpoint).toString()));
  }
}
