package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

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

  private static final Set<String> LOOPBACK_PREFIXES = Set.of("127.", "::1");

  private EtcFiles() {}

  /** {@code hostname(5)}. */
  public static String hostname(String hostname) {
    return hostname + '\n';
  }

  /**
   * {@code hosts(5)}.
   *
   * @param extraHosts {@code name:address}, the address possibly IPv6
   */
  public static String hosts(String hostname, String domainname, List<String> extraHosts) {
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
    text.append("127.0.1.1\t");
    if (!domainname.isEmpty()) {
      text.append(hostname).append('.').append(domainname).append(' ');
    }
    text.append(hostname).append('\n');
    for (String line : extraHosts) {
      int colon = line.indexOf(':');
      if (colon <= 0 || colon == line.length() - 1 || line.chars().anyMatch(c -> c <= ' ')) {
        throw new EngineException(
            EngineException.Kind.INVALID_ARGUMENT,
            "an extra host is written name:address, not \"" + line + '"');
      }
      text.append(line.substring(colon + 1)).append('\t').append(line, 0, colon).append('\n');
    }
    return text.toString();
  }

  /**
   * {@code resolv.conf(5)}: the given name servers, or the host's with those left out that listen
   * on the host's loopback, where the instance cannot reach them.
   */
  public static String resolvConf(String ofHost, List<String> dns, boolean hostNetwork) {
    if (hostNetwork && dns.isEmpty()) {
      return ofHost;
    }
    List<String> lines = new ArrayList<>();
    for (String line : ofHost.lines().toList()) {
      boolean nameserver = line.startsWith("nameserver");
      boolean loopback =
          nameserver && LOOPBACK_PREFIXES.stream().anyMatch(line.substring(10).strip()::startsWith);
      if (!line.isBlank()
          && !line.startsWith("#")
          && !loopback
          && !(nameserver && !dns.isEmpty())) {
        lines.add(line);
      }
    }
    for (int i = dns.size() - 1; i >= 0; i--) {
      lines.addFirst("nameserver " + dns.get(i));
    }
    return lines.isEmpty() ? "" : String.join("\n", lines) + '\n';
  }
}
