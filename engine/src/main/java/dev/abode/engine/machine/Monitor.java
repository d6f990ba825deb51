package dev.abode.engine.machine;

import dev.abode.engine.bridge.MachinePlug;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.qmp.Qmp;
import dev.abode.engine.qmp.QmpException;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the engine tells the hypervisor of a running machine. The jail is entered through the
 * process, so that nothing of it has a name on the host.
 */
public final class Monitor implements AutoCloseable {
  /**
   * A host that is short of time is no reason to give up; a hypervisor that hangs is, and a guest
   * that does not give up a card.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final Logger LOGGER = LoggerFactory.getLogger(Monitor.class);
  private static final String DEVICES = "/devices";

  /** The state of twenty disks is half a megabyte. */
  private static final int MAX_DEVICES_BYTES = 8 << 20;

  /** A disk that does not take a part by then has the snapshot fail, not the guest wait. */
  private static final int MOST_SECONDS_FOR_A_PART = 20;

  private static final String ADD = "blockdev-add";
  private static final String DELETE = "blockdev-del";
  private static final String NODE = "node-name";
  private static final String DRIVER = "driver";
  private static final String FILE = "file";

  // Block nodes of ours, which are there for a while.
  private static final String KEEPER = "keeper";
  private static final String KEPT = "kept";
  private static final String VIEW = "view";
  private static final String PART = "part";
  private static final String NOWHERE = "nowhere";
  private static final int PART_BYTES = 64 << 10;
  private static final String PROBE = "probe";

  private final Qmp qmp;
  private final Path run;

  private Monitor(Qmp qmp, Path run) {
    this.qmp = qmp;
    this.run = run;
  }

  /**
   * Opens it.
   *
   * @param pid of the hypervisor, which listens as soon as its agent has been heard of
   */
  public static Monitor open(int pid) throws IOException {
    Path run = Path.of("/proc/" + pid + "/root" + QemuCommand.RUN);
    return new Monitor(Qmp.connect(run.resolve("qmp"), PATIENCE), run);
  }

  /** Stops the guest's processors. */
  public void stop() throws IOException {
    qmp.execute("stop", Map.of());
  }

  /** Lets them go on. */
  public void resume() throws IOException {
    qmp.execute("cont", Map.of());
  }

  /**
   * The state of all devices and processors, without memory and disks, as {@code -incoming} takes
   * it; the guest is stopped.
   */
  public byte[] devices() throws IOException {
    // Whatever the name says, this has nothing to do with Xen: it is the one command that leaves
    // memory out.
    qmp.execute(
        "xen-save-devices-state", Map.of("filename", QemuCommand.RUN + DEVICES, "live", false));
    try (FileTree jail = FileTree.open(run);
        FileTreeFile file = jail.read(DEVICES)) {
      long size = file.status().sizeBytes();
      if (size == 0 || size > MAX_DEVICES_BYTES) {
        throw new QmpException("QEMU saved a state of " + size + " bytes");
      }
      byte[] state = file.input(0).readNBytes(Math.toIntExact(size));
      jail.remove(DEVICES);
      return state;
    }
  }

  // ---- cards

  /**
   * Puts a card into the machine.
   *
   * @param endpoint whose tap is there already
   * @throws QmpException also when the guest still has the one it was asked to give up
   */
  public void insertCard(Endpoint endpoint) throws IOException {
    Map<String, Integer> cards = cards();
    if (cards.containsKey(endpoint.interfaceName())) {
      throw new QmpException(
          "the guest has not given up the card it had as " + endpoint.interfaceName());
    }
    CardPlace card = new CardPlace(freeSlot(cards.values()), MachinePlug.tap(endpoint));
    // One that was given up late left it.
    tolerated("netdev_del", Map.of("id", card.backend()));
    qmp.execute(
        "netdev_add",
        Map.of(
            "type",
            "tap",
            "id",
            card.backend(),
            "ifname",
            card.tap(),
            "script",
            "no",
            "downscript",
            "no",
            "vhost",
            false));
    try {
      qmp.execute(
          "device_add",
          Map.of(
              "driver",
              "virtio-net-pci",
              "id",
              card.device(),
              "netdev",
              card.backend(),
              "mac",
              endpoint.mac().toString(),
              "romfile",
              "",
              "rombar",
              0,
              "bus",
              QemuCommand.CARDS,
              "addr",
              Integer.toHexString(card.number())));
    } catch (QmpException e) {
      qmp.execute("netdev_del", Map.of("id", card.backend()));
      throw e;
    }
  }

  /** Newer QEMUs, left to choose, come to one that is taken. */
  private static int freeSlot(Collection<Integer> taken) throws QmpException {
    return IntStream.range(0, CardPlace.MAX)
        .filter(slot -> !taken.contains(slot))
        .findFirst()
        .orElseThrow(() -> new QmpException("all " + CardPlace.MAX + " slots are taken"));
  }

  /**
   * Cuts a card off, and asks the guest to give it up. The last that is said over this monitor.
   * When the guest has, the hypervisor has let go of the tap.
   *
   * @return whether it has, in a time that is enough for any that wants to
   */
  public boolean removeCard(Endpoint endpoint) throws IOException {
    CardPlace card = new CardPlace(0, MachinePlug.tap(endpoint));
    // The backend itself goes last: a guest resets the card before it gives it up, and QEMU 10
    // aborts when there is none behind it.
    tolerated("set_link", Map.of("name", card.backend(), "up", false));
    if (tolerated("device_del", Map.of("id", card.device()))
        || cards().containsKey(endpoint.interfaceName())) {
      try {
        // What else goes with it is told before.
        qmp.event("DEVICE_DELETED", event -> card.device().equals(event.data().get("device")));
      } catch (QmpException e) {
        LOGGER.debug("{} was not given up", card, e);
        return false;
      }
    }
    tolerated("netdev_del", Map.of("id", card.backend()));
    return true;
  }

  /** What is not there any more, or goes already, need not be told to go. */
  private boolean tolerated(String command, Map<String, Object> arguments) throws IOException {
    try {
      qmp.execute(command, arguments);
      return true;
    } catch (QmpException e) {
      LOGGER.debug("{} of {} was not needed", command, arguments, e);
      return false;
    }
  }

  /** The numbers of the cards that the machine has, by the name of the interface of each. */
  public Map<String, Integer> cards() throws IOException {
    Map<String, Integer> cards = new HashMap<>();
    for (Map<String, Object> bus : qmp.list("query-pci", Map.of())) {
      for (Map<String, Object> device : Qmp.objects(bus.getOrDefault("devices", ""))) {
        Object behind =
            Qmp.object(device.getOrDefault("pci_bridge", "")).getOrDefault("devices", "");
        for (Map<String, Object> card : Qmp.objects(behind)) {
          String id = String.valueOf(card.get("qdev_id"));
          if (id.startsWith(CardPlace.DEVICE)
              && card.get("slot") instanceof Number slot
              && slot.intValue() >= 0
              && slot.intValue() < CardPlace.MAX) {
            cards.put(id.substring(CardPlace.DEVICE.length()), slot.intValue());
          }
        }
      }
    }
    return cards;
  }

  // ---- the disk of a moment, while the guest goes on

  /**
   * Makes what {@link #keepOverwritten} takes, while the guest runs, so that it need not wait for
   * that. Ends with {@link #stopKeeping}.
   */
  public void prepareToKeep() throws IOException {
    qmp.execute(
        ADD,
        Map.of(
            NODE,
            KEPT,
            DRIVER,
            "raw",
            FILE,
            Map.of(DRIVER, FILE, "filename", MachinePlan.OVERWRITTEN, "locking", "off")));
    qmp.execute(
        ADD,
        Map.of(
            NODE,
            KEEPER,
            DRIVER,
            "copy-before-write",
            FILE,
            QemuCommand.OWN_DISK,
            "target",
            KEPT,
            "on-cbw-error",
            "break-snapshot",
            "cbw-timeout",
            MOST_SECONDS_FOR_A_PART));
  }

  /**
   * From here on QEMU keeps what is on the machine's own disk in the file {@link
   * MachineDisk#overwritten}, at the same place, before the guest overwrites it. What was a hole is
   * kept as a hole. Parts are of 64 KiB, aligned, or more. The guest is stopped, and goes on
   * afterwards; what it discards meanwhile stays where it is. After {@link #prepareToKeep}.
   *
   * <p>When something cannot be kept, because that file has no room, the guest is none the wiser;
   * {@link #keptAll} tells.
   */
  public void keepOverwritten() throws IOException {
    drive(KEEPER);
  }

  /** Whether all has been kept that the guest has overwritten so far. */
  public boolean keptAll() throws IOException {
    // Nothing says so but a read of the disk as it was, and only a job reads for us.
    qmp.execute(ADD, Map.of(NODE, VIEW, DRIVER, "snapshot-access", FILE, KEEPER));
    qmp.execute(
        ADD,
        Map.of(
            NODE,
            PART,
            DRIVER,
            "raw",
            FILE,
            VIEW,
            "offset",
            0,
            "size",
            PART_BYTES,
            "read-only",
            true));
    qmp.execute(ADD, Map.of(NODE, NOWHERE, DRIVER, "null-co", "size", PART_BYTES));
    qmp.execute(
        "blockdev-backup",
        Map.of("job-id", PROBE, "device", PART, "target", NOWHERE, "sync", "full"));
    Qmp.Event over =
        qmp.event("BLOCK_JOB_COMPLETED", event -> PROBE.equals(event.data().get("device")));
    // Until then the job holds its nodes.
    qmp.event(
        "JOB_STATUS_CHANGE",
        event -> PROBE.equals(event.data().get("id")) && "null".equals(event.data().get("status")));
    for (String node : List.of(PART, VIEW, NOWHERE)) {
      qmp.execute(DELETE, Map.of(NODE, node));
    }
    return !over.data().containsKey("error");
  }

  /** Ends what {@link #keepOverwritten} began; does nothing when nothing was begun. */
  public void stopKeeping() throws IOException {
    drive(QemuCommand.OWN_DISK);
    List<Object> nodes =
        qmp.list("query-named-block-nodes", Map.of("flat", true)).stream()
            .map(node -> node.getOrDefault(NODE, ""))
            .toList();
    for (String node : List.of(PART, VIEW, NOWHERE, KEEPER, KEPT)) {
      if (nodes.contains(node)) {
        qmp.execute(DELETE, Map.of(NODE, node));
      }
    }
  }

  /** Has the guest's own disk read and written through {@code node}. */
  private void drive(String node) throws IOException {
    Map<String, Object> drive =
        Map.of("path", "/machine/peripheral/" + QemuCommand.OWN_DISK, "property", "drive");
    // QEMU 7.2 ends with a failed assertion when a node is put in its own place.
    if (!qmp.word("qom-get", drive).equals(node)) {
      Map<String, Object> set = new HashMap<>(drive);
      set.put("value", node);
      qmp.execute("qom-set", set);
    }
  }

  @Override
  public void close() throws IOException {
    qmp.close();
  }
}
