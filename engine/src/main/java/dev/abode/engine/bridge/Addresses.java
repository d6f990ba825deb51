package dev.abode.engine.bridge;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.Subnet;
import dev.abode.engine.network.SubnetSpec;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Who has which address of one subnet. Addresses are leased in turn, so that one just given back is
 * not at once somebody else's. Not safe for several threads.
 */
final class Addresses {
  private final SubnetSpec spec;
  private final UnaryOperator<String> holderName;
  private final Subnet range;
  private final Map<IpAddress, String> holders = new HashMap<>();
  private long next;

  /**
   * @param holderName what a holder is called in failures
   */
  Addresses(SubnetSpec spec, UnaryOperator<String> holderName) {
    this.spec = spec;
    this.holderName = holderName;
    this.range = spec.range().orElse(spec.subnet());
    spec.gateway().ifPresent(gateway -> holders.put(gateway, "the gateway"));
    spec.reserved().forEach((name, address) -> holders.put(address, name));
    holders.put(spec.subnet().address(), "the network itself");
    if (spec.subnet().family() == IpAddress.Family.IPV4 && spec.subnet().prefix() < 31) {
      holders.put(spec.subnet().last(), "broadcasts");
    }
  }

  Subnet subnet() {
    return spec.subnet();
  }

  SubnetSpec spec() {
    return spec;
  }

  /**
   * An address that nobody has, which then is the holder's.
   *
   * @throws EngineException EXHAUSTED when there is none
   */
  IpAddress lease(String holder) {
    long size = range.size();
    // A free one is among the first as many as there are holders, and one more.
    for (long tried = 0; tried <= Math.min(size - 1, holders.size()); tried++) {
      IpAddress candidate = range.address().plus(next);
      next = next + 1 >= size ? 0 : next + 1;
      if (holders.putIfAbsent(candidate, holder) == null) {
        return candidate;
      }
    }
    throw new EngineException(
        EngineException.Kind.EXHAUSTED,
        "no available addresses in "
            + range
            + ": all of them are in use; end some instances, or make a network with a larger"
            + " subnet");
  }

  /**
   * Gives the holder that very address.
   *
   * @throws EngineException CONFLICT when another has it, INVALID_ARGUMENT when it is not here
   */
  void take(IpAddress address, String holder) {
    if (!spec.subnet().contains(address)) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "invalid address " + address + ": it is not in the network's subnet " + spec.subnet());
    }
    String other = holders.putIfAbsent(address, holder);
    if (other != null && !other.equals(holder)) {
      throw new EngineException(
          EngineException.Kind.CONFLICT,
          "Address already in use: " + address + " belongs to " + holderName.apply(other));
    }
  }

  /** Takes back what the holder has. */
  void release(IpAddress address, String holder) {
    holders.remove(address, holder);
  }
}
