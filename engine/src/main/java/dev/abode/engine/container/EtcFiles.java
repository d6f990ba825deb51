package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import java.util.List;
import java.util.Optional;

/**
 * The content of {@code /etc/hosts}, {@code /etc/hostname} and {@code /etc/resolv.conf} of an
 * instance. The engine keeps them in the instance's folder, below {@link #FOLDER}, and the plan
 * binds them into its root file system.
 */
public final class EtcFiles {
  /** The folder in the instance's own. */
  public static final String FOLDER = "etc";

  /** The files' names, in the instance's folder and in the root file system's /etc. */
  public static final List<String> NAMES = List.of("hosts", "hostname", "resolv.conf");

  private static final String HOST_GATEWAY = "host-gateway";

  private EtcFiles() {}

  /** {@code hostname(5)}. */
  public static String hostname(String hostname) {
    return hostname + '\n';
  }

  /**
   * {@code hosts(5)}.
   *
   * @param extraHosts {@code name:address}, the address possibly IPv6, or {@code host-gateway}
   * @param addresses of the instance; when there are none its name means its loopback interface
   * @param hostAddress what {@code host-gateway} stands for
   */
  public static String hosts(
      String hostname,
      String domainname,
      List<String> extraHosts,
      List<String> addresses,
      Optional<String> hostAddress) {
    StringBuilder text =
        new StringBuilder(
            """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::0\tip6-localnet
            ff00::0\tip6-mcastprefix
            ff02::1\tip6-allnodes
            ff02::2\tip6-allrouters
            """);
    String names = domainname.isEmpty() ? hostname : hostname + "." + domainname + " " + hostname;
    for (String address : addresses.isEmpty() ? List.of("127.0.1.1") : addresses) {
      text.append(address).append('\t').append(names).append('\n');
    }
    for (String line : extraHosts) {
      int colon = line.indexOf(':');
      if (colon <= 0 || colon == line.length() - 1 || line.chars().anyMatch(c -> c <= ' ')) {
        throw new EngineException(
            EngineException.Kind.INVALID_ARGUMENT,
            "an extra host is written name:address, not \"" + line + '"');
      }
      text.append(extraAddress(line.substring(colon + 1), hostAddress))
          .append('\t')
          .append(line, 0, colon)
          .append('\n');
    }
    return text.toString();
  }

  private static String extraAddress(String address, Optional<String> hostAddress) {
    if (address.startsWith("[") && address.endsWith("]")) {
      return address.substring(1, address.length() - 1);
    }
    if (!address.equals(HOST_GATEWAY)) {
      return address;
    }
    return hostAddress.orElseThrow(
        () ->
            new EngineException(
                EngineException.Kind.INVALID_ARGUMENT,
                "host-gateway has no meaning without a network that reaches the host; connect the"
                    + " instance to one, or write an address"));
  }
}
