package dev.abode.engine.machine;

/**
 * Where a machine has a network card, and what the card's other end is.
 *
 * @param number the slot on the bus of the cards, from 0
 * @param tap the interface of the hypervisor's network namespace
 */
public record CardPlace(int number, String tap) {
  /** As many as the bus of the cards has slots, but for the one of the agent's port. */
  public static final int MAX = 31;

  /** What the names of devices begin with; the rest is the name of the interface. */
  static final String DEVICE = "card.";

  private static final String TAP = "tap.";

  public CardPlace {
    if (number < 0 || number >= MAX) {
      throw new IllegalArgumentException("a machine has no place for a card " + number);
    }
    if (!tap.startsWith(TAP)) {
      throw new IllegalArgumentException(tap + " is no tap of a card");
    }
  }

  /** What QEMU calls the device: by the interface, so that no book has to be kept. */
  String device() {
    return DEVICE + tap.substring(TAP.length());
  }

  /** What QEMU calls what the device is plugged into. */
  String backend() {
    return "net." + tap.substring(TAP.length());
  }
}
