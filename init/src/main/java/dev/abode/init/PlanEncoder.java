package dev.abode.init;

import dev.abode.init.Step.Missing;
import dev.abode.init.Step.Place;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes a plan in the form that {@code wire.h} defines and {@code plan.c} checks: a header, the
 * steps of the three lists as records of one size, and an area with the strings and blobs they
 * refer to by offset. Read this file and {@code wire.h} side by side when either changes.
 */
final class PlanEncoder {
  private static final int MAGIC = 0x4e4c5041;
  private static final int VERSION = 2;
  private static final int HEADER_BYTES = 80;
  private static final int STEP_BYTES = 64;
  private static final int MAX_TEXT_BYTES = 4095;
  private static final long ARRAY_END = -1;

  /** {@code enum op}. */
  private enum Operation {
    NONE,
    ENTER,
    OWN_MOUNTS,
    MAP_IDS,
    TELL_ENGINE,
    AWAIT_ENGINE,
    DETACH,
    ATTACH,
    MOUNT,
    BIND,
    CHANGE_MOUNT,
    USE_ROOT,
    MASK,
    READ_ONLY_PATH,
    PIVOT_ROOT,
    WRITE_FILE,
    MAKE_DIRECTORY,
    MAKE_SYMLINK,
    MAKE_DEVICE,
    SET_HOSTNAME,
    SET_DOMAINNAME,
    LOOPBACK_UP,
    SET_LIMIT,
    OPEN_TERMINAL,
    OWN_STREAMS,
    SET_UMASK,
    SET_GROUPS,
    SET_USER,
    BOUND_CAPABILITIES,
    SET_CAPABILITIES,
    NO_NEW_PRIVILEGES,
    SECCOMP,
    CHANGE_DIRECTORY,
    STAY_AS_INIT,
    EXECUTE,
    HOLD,
    AWAIT_DISK,
    LOAD_MODULE,
    MAKE_FILE,
    NAME_INTERFACE,
    RAISE_INTERFACE,
    ADD_ADDRESS,
    ADD_ROUTE,
    SERVE_FILES,
    OPEN_FILE,
    KEEP_FILE,
    ADD_NEIGHBOUR,
    SMALL_PAGES,
    RESTORE
  }

  // STEP_* of wire.h
  private static final int TOLERATED = 1;
  private static final int ROOTFS = 1 << 1;
  private static final int SOURCE_ROOTFS = 1 << 2;
  private static final int RECURSIVE = 1 << 3;
  private static final int ID_MAPPED = 1 << 4;
  private static final int MAKE_FILE = 1 << 5;
  private static final int MAKE_DIRECTORY = 1 << 6;
  private static final int CONSOLE = 1 << 7;

  // SUPERVISE_* of wire.h
  private static final int TERMINAL = 1;
  private static final int OPEN_STDIN = 1 << 1;
  private static final int CLOSE_STDIN_ONCE = 1 << 2;
  private static final int LOG = 1 << 3;
  private static final int EXIT_RECORD = 1 << 4;
  private static final int OOM_EVENTS = 1 << 5;
  private static final int MACHINE = 1 << 6;
  private static final int SESSION = 1 << 7;
  private static final int RESUME = 1 << 8;
  private static final int IDLE = 1 << 9;

  /** {@code S_IFCHR} and {@code S_IFBLK} of linux/stat.h. */
  private static final int CHARACTER_DEVICE = 0020000;

  private static final int BLOCK_DEVICE = 0060000;

  /** Offset 0 is the empty string, so that a record of zeros is valid. */
  private final ByteArrayOutputStream area = new ByteArrayOutputStream();

  private final Map<String, Integer> offsets = new HashMap<>(Map.of("", 0));

  private PlanEncoder() {
    area.write(0);
  }

  /**
   * The wire form of {@code plan}.
   *
   * @throws IllegalArgumentException when a string has a NUL character or, unless it is an argument
   *     or in the environment, more than {@value #MAX_TEXT_BYTES} bytes
   */
  static ByteBuffer encode(LaunchPlan plan) {
    return new PlanEncoder().write(plan);
  }

  private ByteBuffer write(LaunchPlan plan) {
    List<Entry> records = new ArrayList<>();
    for (List<Step> list : List.of(plan.before(), plan.beside(), plan.inside())) {
      for (Step step : list) {
        records.add(entry(step));
      }
    }
    Supervision supervision = plan.supervision();
    int logPath = text(supervision.log().map(log -> log.file().toString()).orElse(""));
    int exitPath = text(supervision.exitRecord().map(Object::toString).orElse(""));
    int oomPath = text(supervision.oomEvents().map(Object::toString).orElse(""));
    byte[] guest = supervision.remote().map(PlanEncoder::guest).orElse(new byte[0]);
    int remotePath = text(supervision.remote().map(PlanEncoder::remotePath).orElse(""));
    int guestBlob = blob(guest);
    area.write(0); // the area ends with a terminator

    int areaOffset = HEADER_BYTES + records.size() * STEP_BYTES;
    ByteBuffer wire = ByteBuffer.allocate(areaOffset + area.size()).order(ByteOrder.LITTLE_ENDIAN);
    wire.putInt(MAGIC).putInt(VERSION).putInt(wire.capacity());
    wire.putInt(plan.before().size()).putInt(plan.beside().size()).putInt(plan.inside().size());
    wire.putInt(cloneFlags(plan.namespaces())).putInt(areaOffset).putInt(flags(supervision));
    wire.putShort((short) supervision.rows()).putShort((short) supervision.columns());
    wire.putInt(logPath).putInt(exitPath).putInt(oomPath);
    Optional<Supervision.Log> log = supervision.log();
    wire.putInt(log.map(Supervision.Log::maxFiles).orElse(0));
    wire.putLong(log.map(Supervision.Log::maxBytes).orElse(0L));
    wire.putInt(Math.toIntExact(Supervision.DRAIN.toMillis())).putInt(remotePath);
    wire.putInt(guestBlob).putInt(guest.length);
    records.forEach(entry -> entry.write(wire));
    return wire.put(area.toByteArray()).flip();
  }

  private static byte[] guest(Remote remote) {
    return switch (remote) {
      case Remote.Machine machine -> bytes(encode(machine.guest()));
      case Remote.Session session -> bytes(encode(session.guest()));
      case Remote.Idle idle -> new byte[0];
    };
  }

  private static String remotePath(Remote remote) {
    return switch (remote) {
      case Remote.Machine machine -> machine.console().toString();
      case Remote.Session session -> session.machine().toString();
      case Remote.Idle idle -> idle.console().toString();
    };
  }

  private static int remoteFlags(Remote remote) {
    return switch (remote) {
      case Remote.Machine machine -> MACHINE | (machine.resume() ? RESUME : 0);
      case Remote.Session session -> SESSION;
      case Remote.Idle idle -> MACHINE | IDLE;
    };
  }

  private static int flags(Supervision supervision) {
    return (supervision.terminal() ? TERMINAL : 0)
        | (supervision.openStdin() ? OPEN_STDIN : 0)
        | (supervision.closeStdinOnce() ? CLOSE_STDIN_ONCE : 0)
        | (supervision.log().isPresent() ? LOG : 0)
        | (supervision.exitRecord().isPresent() ? EXIT_RECORD : 0)
        | (supervision.oomEvents().isPresent() ? OOM_EVENTS : 0)
        | supervision.remote().map(PlanEncoder::remoteFlags).orElse(0);
  }

  private Entry entry(Step step) {
    return switch (step) {
      case Step.Tolerated(Step inner) -> entry(inner).flag(TOLERATED);
      case Step.Enter(int pid, long startTicks, Set<Namespace> namespaces) ->
          new Entry(Operation.ENTER).numbers(pid, startTicks, cloneFlags(namespaces));
      case Step.OwnMounts(Propagation propagation) ->
          new Entry(Operation.OWN_MOUNTS).numbers(propagation.bit());
      case Step.MapIds(List<IdRange> uids, List<IdRange> gids) ->
          new Entry(Operation.MAP_IDS).texts(map(uids), map(gids));
      case Step.TellEngine() -> new Entry(Operation.TELL_ENGINE);
      case Step.AwaitEngine() -> new Entry(Operation.AWAIT_ENGINE);
      case Step.Detach d ->
          new Entry(Operation.DETACH)
              .texts(d.source(), d.within())
              .numbers(d.slot(), attributes(d.flags()), d.propagation().bit())
              .flag(d.recursive() ? RECURSIVE : 0)
              .flag(d.idMapped() ? ID_MAPPED : 0);
      case Step.Attach(int slot, Place place, String target, Missing missing) ->
          new Entry(Operation.ATTACH)
              .texts(target)
              .numbers(slot)
              .flag(place(place))
              .flag(missing(missing));
      case Step.Mount m ->
          new Entry(Operation.MOUNT)
              .texts(m.type(), m.source(), m.target())
              .numbers(attributes(m.flags()))
              .flag(place(m.place()))
              .data(terminated(m.data()));
      case Step.Bind b ->
          new Entry(Operation.BIND)
              .texts(b.source(), b.target())
              .numbers(attributes(b.flags()))
              .flag(b.sourcePlace() == Place.ROOTFS ? SOURCE_ROOTFS : 0)
              .flag(place(b.place()))
              .flag(missing(b.missing()))
              .flag(b.recursive() ? RECURSIVE : 0);
      case Step.ChangeMount(Place place, String target, boolean recursive, Set<MountFlag> set) ->
          new Entry(Operation.CHANGE_MOUNT)
              .texts(target)
              .numbers(attributes(set))
              .flag(place(place))
              .flag(recursive ? RECURSIVE : 0);
      case Step.UseRoot(String path) -> new Entry(Operation.USE_ROOT).texts(path);
      case Step.Mask(String path) -> new Entry(Operation.MASK).texts(path);
      case Step.ReadOnlyPath(String path) -> new Entry(Operation.READ_ONLY_PATH).texts(path);
      case Step.PivotRoot() -> new Entry(Operation.PIVOT_ROOT);
      case Step.WriteFile(Place place, String path, String content) ->
          new Entry(Operation.WRITE_FILE).texts(path).flag(place(place)).data(terminated(content));
      case Step.MakeDirectory(Place place, String path, int mode) ->
          new Entry(Operation.MAKE_DIRECTORY).texts(path).numbers(mode).flag(place(place));
      case Step.MakeSymlink(Place place, String path, String target) ->
          new Entry(Operation.MAKE_SYMLINK).texts(path, target).flag(place(place));
      case Step.MakeDevice d ->
          new Entry(Operation.MAKE_DEVICE)
              .texts(d.path())
              .numbers(
                  (long) d.major() << 32 | unsigned(d.minor()),
                  (d.type() == 'b' ? BLOCK_DEVICE : CHARACTER_DEVICE) | d.mode(),
                  unsigned(d.uid()),
                  unsigned(d.gid()))
              .flag(place(d.place()));
      case Step.SetHostname(String name) -> new Entry(Operation.SET_HOSTNAME).texts(name);
      case Step.SetDomainname(String name) -> new Entry(Operation.SET_DOMAINNAME).texts(name);
      case Step.LoopbackUp() -> new Entry(Operation.LOOPBACK_UP);
      case Step.SetLimit(ResourceLimit resource, long soft, long hard) ->
          new Entry(Operation.SET_LIMIT).numbers(resource.ordinal(), soft, hard);
      case Step.OpenTerminal(boolean console) ->
          new Entry(Operation.OPEN_TERMINAL).flag(console ? CONSOLE : 0);
      case Step.OwnStreams(int uid, int gid) ->
          new Entry(Operation.OWN_STREAMS).numbers(unsigned(uid), unsigned(gid));
      case Step.SetUmask(int mask) -> new Entry(Operation.SET_UMASK).numbers(mask);
      case Step.SetGroups(List<Integer> gids) ->
          new Entry(Operation.SET_GROUPS).data(integers(gids));
      case Step.SetUser(int uid, int gid) ->
          new Entry(Operation.SET_USER).numbers(unsigned(uid), unsigned(gid));
      case Step.BoundCapabilities(Set<Capability> keep) ->
          new Entry(Operation.BOUND_CAPABILITIES).numbers(bits(keep));
      case Step.SetCapabilities(
              Set<Capability> effective,
              Set<Capability> permitted,
              Set<Capability> ambient) ->
          new Entry(Operation.SET_CAPABILITIES)
              .numbers(bits(effective), bits(permitted), bits(ambient));
      case Step.NoNewPrivileges() -> new Entry(Operation.NO_NEW_PRIVILEGES);
      case Step.SmallPages() -> new Entry(Operation.SMALL_PAGES);
      case Step.Seccomp(ByteBuffer program) -> new Entry(Operation.SECCOMP).data(bytes(program));
      case Step.ChangeDirectory(String path) -> new Entry(Operation.CHANGE_DIRECTORY).texts(path);
      case Step.StayAsInit() -> new Entry(Operation.STAY_AS_INIT);
      case Step.Execute(List<String> arguments, List<String> environment) -> {
        byte[] argumentArray = array(arguments);
        byte[] environmentArray = array(environment);
        yield new Entry(Operation.EXECUTE)
            .data(argumentArray)
            .numbers(blob(environmentArray), environmentArray.length);
      }
      case Step.Hold() -> new Entry(Operation.HOLD);
      case Step.AwaitDisk(String serial, String link) ->
          new Entry(Operation.AWAIT_DISK).texts(serial, link);
      case Step.LoadModule(String path, String parameters) ->
          new Entry(Operation.LOAD_MODULE).texts(path, parameters);
      case Step.MakeFile(Place place, String path, String content, int mode) ->
          new Entry(Operation.MAKE_FILE)
              .texts(path)
              .numbers(mode)
              .flag(place(place))
              .data(terminated(content));
      case Step.NameInterface(String mac, String name, int mtu, Optional<String> address) ->
          new Entry(Operation.NAME_INTERFACE)
              .texts(mac, name)
              .numbers(mtu)
              .data(address.map(PlanEncoder::mac).orElse(new byte[0]));
      case Step.RaiseInterface(String name) -> new Entry(Operation.RAISE_INTERFACE).texts(name);
      case Step.AddAddress(String name, InetAddress address, int prefix) ->
          new Entry(Operation.ADD_ADDRESS).texts(name).data(address.getAddress()).numbers(prefix);
      case Step.AddRoute(String name, InetAddress gateway) ->
          new Entry(Operation.ADD_ROUTE).texts(name).data(gateway.getAddress());
      case Step.AddNeighbour(String name, InetAddress address, String mac) ->
          new Entry(Operation.ADD_NEIGHBOUR).texts(name).data(neighbour(address, mac));
      case Step.ServeFiles() -> new Entry(Operation.SERVE_FILES);
      case Step.OpenFile(String path, int slot) ->
          new Entry(Operation.OPEN_FILE).texts(path).numbers(slot);
      case Step.Restore restore ->
          new Entry(Operation.RESTORE)
              .texts(restore.images(), restore.workFolder())
              .data(array(restore.criu()))
              .numbers(blob(bytes(restore.request())), restore.request().remaining());
      case Step.KeepFile(int slot, int descriptor) ->
          new Entry(Operation.KEEP_FILE).numbers(slot, descriptor);
    };
  }

  private static byte[] mac(String mac) {
    return HexFormat.ofDelimiter(":").parseHex(mac);
  }

  private static byte[] neighbour(InetAddress address, String mac) {
    byte[] both = Arrays.copyOf(address.getAddress(), 10);
    System.arraycopy(mac(mac), 0, both, 4, 6);
    return both;
  }

  private static int place(Place place) {
    return place == Place.ROOTFS ? ROOTFS : 0;
  }

  private static int missing(Missing missing) {
    return switch (missing) {
      case FAIL -> 0;
      case MAKE_FILE -> MAKE_FILE;
      case MAKE_DIRECTORY -> MAKE_DIRECTORY;
    };
  }

  private static int cloneFlags(Set<Namespace> namespaces) {
    return namespaces.stream().mapToInt(Namespace::cloneFlag).reduce(0, (a, b) -> a | b);
  }

  private static int attributes(Set<MountFlag> flags) {
    return flags.stream().mapToInt(MountFlag::attribute).reduce(0, (a, b) -> a | b);
  }

  private static long bits(Set<Capability> capabilities) {
    return capabilities.stream().mapToLong(Capability::bit).reduce(0, (a, b) -> a | b);
  }

  private static long unsigned(int number) {
    return Integer.toUnsignedLong(number);
  }

  private static String map(List<IdRange> ranges) {
    StringBuilder lines = new StringBuilder();
    for (IdRange range : ranges) {
      lines.append(range.inside()).append(' ').append(range.outside()).append(' ');
      lines.append(range.length()).append('\n');
    }
    return lines.toString();
  }

  // ---- the area

  private int text(String text) {
    byte[] bytes = terminated(text);
    if (bytes.length - 1 > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException(
          "a plan's text of "
              + (bytes.length - 1)
              + " bytes, more than "
              + MAX_TEXT_BYTES
              + ": "
              + text.substring(0, 80)
              + "…");
    }
    return string(text, bytes);
  }

  private int string(String text, byte[] bytes) {
    return offsets.computeIfAbsent(
        text,
        absent -> {
          int offset = area.size();
          area.writeBytes(bytes);
          return offset;
        });
  }

  /** Blobs are aligned for what the area is at in the file: header and steps are multiples of 8. */
  private int blob(byte[] bytes) {
    while (area.size() % 8 != 0) {
      area.write(0);
    }
    int offset = area.size();
    area.writeBytes(bytes);
    return offset;
  }

  private byte[] array(List<String> strings) {
    ByteBuffer array = ByteBuffer.allocate(8 * (strings.size() + 1)).order(ByteOrder.LITTLE_ENDIAN);
    for (String string : strings) {
      array.putLong(string(string, terminated(string)));
    }
    return array.putLong(ARRAY_END).array();
  }

  private static byte[] terminated(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "a NUL character in \"" + text.replace("\0", "\\0") + "\", which the kernel would cut");
    }
    return (text + '\0').getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] integers(Collection<Integer> integers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * integers.size()).order(ByteOrder.LITTLE_ENDIAN);
    integers.forEach(bytes::putInt);
    return bytes.array();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  /** {@code struct step}. */
  private final class Entry {
    private final Operation operation;
    private int flags;
    private final int[] texts = new int[3];
    private int data;
    private int dataBytes;
    private final long[] numbers = new long[4];

    Entry(Operation operation) {
      this.operation = operation;
    }

    Entry flag(int flag) {
      flags |= flag;
      return this;
    }

    Entry texts(String... values) {
      for (int i = 0; i < values.length; i++) {
        texts[i] = text(values[i]);
      }
      return this;
    }

    Entry numbers(long... values) {
      System.arraycopy(values, 0, numbers, 0, values.length);
      return this;
    }

    Entry data(byte[] bytes) {
      data = blob(bytes);
      dataBytes = bytes.length;
      return this;
    }

    void write(ByteBuffer wire) {
      wire.putInt(operation.ordinal()).putInt(flags);
      for (int text : texts) {
        wire.putInt(text);
      }
      wire.putInt(data).putInt(dataBytes).putInt(0);
      for (long number : numbers) {
        wire.putLong(number);
      }
    }
  }
}
