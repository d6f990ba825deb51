package dev.abode.engine.machine;

import dev.abode.engine.bridge.MachinePlug;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.MacAddress;

/**
 * A network card of a machine.
 *
 * @param number from 0, unique in the machine
 * @param endpoint whose interface the guest's is
 * @param mtu the largest packet in bytes
 */
public record NetworkCard(int number, Endpoint endpoint, int mtu) {
  private static final long FIRST_MAC = 0x52_54_00_ab_0d_00L;

  /** Its hardware address before the guest sets that of the endpoint. */
  static MacAddress mac(int number) {
    return new MacAddress(FIRST_MAC + number);
  }

  /** Where the machine has it. */
  public CardPlace place() {
    return new CardPlace(number, MachinePlug.tap(endpoint));
  }
}
