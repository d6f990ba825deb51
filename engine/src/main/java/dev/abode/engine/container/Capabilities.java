package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Security;
import dev.abode.init.Capability;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which capabilities an instance may hold: its bounding set, {@code capabilities(7)}. */
final class Capabilities {
  /** Docker's fourteen. */
  static final Set<Capability> DEFAULT =
      Set.copyOf(
          EnumSet.of(
              Capability.CHOWN,
              Capability.DAC_OVERRIDE,
              Capability.FSETID,
              Capability.FOWNER,
              Capability.MKNOD,
              Capability.NET_RAW,
              Capability.SETGID,
              Capability.SETUID,
              Capability.SETFCAP,
              Capability.SETPCAP,
              Capability.NET_BIND_SERVICE,
              Capability.SYS_CHROOT,
              Capability.KILL,
              Capability.AUDIT_WRITE));

  private static final String ALL = "ALL";

  private Capabilities() {}

  /**
   * The bounding set that {@code security} asks for.
   *
   * @param available what can be given at all: everything in a user namespace of its own, otherwise
   *     what the engine holds
   * @throws EngineException of kind INVALID_ARGUMENT for an unknown name, of kind PERMISSION for
   *     one named explicitly that is not available
   */
  static Set<Capability> of(Security security, Set<Capability> available) {
    if (security.privileged()) {
      return available;
    }
    Set<Capability> bounding = EnumSet.noneOf(Capability.class);
    if (security.capabilitiesAdded().stream().anyMatch(Capabilities::isAll)) {
      bounding.addAll(available);
    } else if (security.capabilitiesDropped().stream().noneMatch(Capabilities::isAll)) {
      bounding.addAll(DEFAULT);
      bounding.retainAll(available);
    }
    for (Capability dropped : named(security.capabilitiesDropped())) {
      bounding.remove(dropped);
    }
    for (Capability added : named(security.capabilitiesAdded())) {
      if (!available.contains(added)) {
        throw new EngineException(
            EngineException.Kind.PERMISSION,
            "cannot add the capability "
                + added
                + ": the engine itself does not hold it; give it to the engine, or run the"
                + " instance in a user namespace of its own");
      }
      bounding.add(added);
    }
    return bounding;
  }

  private static boolean isAll(String name) {
    return name.equalsIgnoreCase(ALL);
  }

  private static List<Capability> named(List<String> names) {
    return names.stream().filter(n -> !isAll(n)).map(Capabilities::parse).toList();
  }

  static Capability parse(String name) {
    String plain = name.toUpperCase(Locale.ROOT);
    if (plain.startsWith("CAP_")) {
      plain = plain.substring(4);
    }
    for (Capability capability : Capability.values()) {
      if (capability.name().equals(plain)) {
        return capability;
      }
    }
    throw new EngineException(
        EngineException.Kind.INVALID_ARGUMENT,
        "unknown capability \"" + name + "\"; capabilities(7) lists them, for example NET_ADMIN");
  }
}
