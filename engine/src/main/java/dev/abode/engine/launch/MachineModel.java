package dev.abode.engine.launch;

import dev.abode.engine.guest.GuestBoot;
import dev.abode.engine.machine.CardPlace;
import dev.abode.engine.machine.GuestPlan;
import dev.abode.engine.machine.Hypervisor;
import dev.abode.engine.machine.MachineDisk;
import dev.abode.engine.machine.MachinePlan;
import dev.abode.engine.machine.MachineShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * All that two machines must have in common for one to be started from what was saved of the other:
 * what runs them, what they boot, and which devices they have where.
 *
 * @param layers how many read-only disks there are beside the instance's own
 * @param cards the numbers of its network cards
 */
record MachineModel(
    GuestBoot boot, Hypervisor hypervisor, MachineShape shape, int layers, List<Integer> cards) {
  private static final int HASH_DIGITS = 16;

  MachineModel {
    cards = List.copyOf(cards);
  }

  /** The numbers of the cards of a machine that is started anew. */
  static List<Integer> cards(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  /** Whether a machine that is started anew may be such a one; others were changed as they ran. */
  boolean isOfStart() {
    return cards.equals(cards(cards.size()));
  }

  /** The disks, of which a template has only the places. */
  List<MachineDisk> places() {
    List<MachineDisk> disks = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      disks.add(new MachineDisk(GuestPlan.layerDisk(i), Path.of("/"), true));
    }
    disks.add(new MachineDisk(GuestPlan.OWN_DISK, Path.of("/"), false));
    return disks;
  }

  /** Its cards, of which a template has only the places. */
  List<CardPlace> cardPlaces() {
    return cards.stream().map(number -> new CardPlace(number, "tap.none" + number)).toList();
  }

  /**
   * Names everything that a saved state depends on; another QEMU, kernel or agent makes another
   * name, and so does another layout of devices.
   */
  String id() throws IOException {
    return host()
        + "-"
        + hash(MachinePlan.layout(hypervisor, shape, places(), cardPlaces()).toString());
  }

  /** The part of {@link #id} that all templates of this host have in common. */
  String host() throws IOException {
    Path program = hypervisor.program();
    return hash(
        String.join(
            "\n",
            hypervisor.toString(),
            Long.toString(Files.size(program)),
            Files.getLastModifiedTime(program).toString(),
            // Both are named by what is in them.
            boot.kernel().toString(),
            boot.initramfs().toString()));
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
