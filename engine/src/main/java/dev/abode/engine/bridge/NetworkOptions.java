package dev.abode.engine.bridge;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.NetworkOption;
import dev.abode.engine.network.NetworkSpec;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The options of a network, read. */
record NetworkOptions(Map<String, String> options) {
  /** The smallest packets of IPv4 and IPv6 that every link must carry, RFC 791 and RFC 8200. */
  private static final int MIN_MTU = 68;

  private static final int MAX_MTU = 65_535;

  /**
   * Looks over what is asked for.
   *
   * @throws EngineException PERMISSION for the drivers of which there always is a network,
   *     UNSUPPORTED for another one, INVALID_ARGUMENT for options that make no sense
   */
  static void check(NetworkSpec spec) {
    if (spec.driver().equals("host") || spec.driver().equals("null")) {
      throw new EngineException(
          Kind.PERMISSION,
          "only one instance of \"" + spec.driver() + "\" network is allowed, and it is there");
    }
    if (!spec.driver().isEmpty() && !spec.driver().equals("bridge")) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "could not create network "
              + spec.name()
              + ": there is no driver \""
              + spec.driver()
              + "\"; the only one is bridge");
    }
    NetworkOptions options = new NetworkOptions(spec.options());
    OptionalInt mtu = options.mtu();
    if (mtu.isPresent() && (mtu.getAsInt() < MIN_MTU || mtu.getAsInt() > MAX_MTU)) {
      throw options.invalid(NetworkOption.MTU, MIN_MTU + " to " + MAX_MTU + " bytes");
    }
    options.flag(NetworkOption.INTER_CONTAINER);
    options.flag(NetworkOption.MASQUERADE);
    options.hostBinding();
    NetworkOption.BRIDGE_NAME
        .in(spec.options())
        .ifPresent(name -> requireInterfaceName(options, NetworkOption.BRIDGE_NAME, name));
    NetworkOption.INTERFACE_PREFIX
        .in(spec.options())
        .ifPresent(name -> requireInterfaceName(options, NetworkOption.INTERFACE_PREFIX, name));
  }

  /** linux/if.h: 15 bytes, and no character that a path or a tool would take for its own. */
  private static void requireInterfaceName(
      NetworkOptions options, NetworkOption option, String name) {
    int room = option == NetworkOption.INTERFACE_PREFIX ? 12 : 15;
    if (!name.matches("[a-zA-Z0-9_.-]{1," + room + "}") || name.matches("\\.{1,2}")) {
      throw options.invalid(option, "an interface name of at most " + room + " characters");
    }
  }

  OptionalInt mtu() {
    Optional<String> text = NetworkOption.MTU.in(options);
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(Integer.parseInt(text.get()));
    } catch (NumberFormatException e) {
      throw invalid(NetworkOption.MTU, "a number of bytes");
    }
  }

  boolean reachEachOther() {
    return flag(NetworkOption.INTER_CONTAINER);
  }

  boolean masquerades() {
    return flag(NetworkOption.MASQUERADE);
  }

  /** Where ports are published for which nothing is said. */
  Optional<IpAddress> hostBinding() {
    try {
      return NetworkOption.HOST_BINDING.in(options).map(IpAddress::parse);
    } catch (IllegalArgumentException e) {
      throw invalid(NetworkOption.HOST_BINDING, "an address of the host");
    }
  }

  String interfacePrefix() {
    return NetworkOption.INTERFACE_PREFIX.in(options).orElse("eth");
  }

  private boolean flag(NetworkOption option) {
    return switch (option.in(options).orElse("true").toLowerCase(Locale.ROOT)) {
      case "true", "1", "t" -> true;
      case "false", "0", "f" -> false;
      default -> throw invalid(option, "true or false");
    };
  }

  private EngineException invalid(NetworkOption option, String wanted) {
    return new EngineException(
        Kind.INVALID_ARGUMENT,
        "invalid value of "
            + option.key()
            + ": \""
            + option.in(options).orElse("")
            + "\" is not "
            + wanted);
  }
}
