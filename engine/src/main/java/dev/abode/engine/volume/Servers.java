package dev.abode.engine.volume;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The servers of network file systems. The kernel wants their addresses; {@code mount(8)}, and so
 * Docker's local driver, takes their names.
 */
final class Servers {
  private static final String ADDRESS = "addr=";

  /** {@code //SERVER/SHARE} of CIFS. */
  private static final Pattern SHARE = Pattern.compile("//([^/]+)(/.*)");

  private Servers() {}

  /**
   * What to hand to the kernel.
   *
   * @param data the options that are the file system's own business
   * @throws EngineException UNAVAILABLE for a server without an address
   */
  static Backing.Mounted resolved(Backing.Mounted asked, List<String> data) {
    boolean cifs = asked.type().equals("cifs");
    String device = asked.device();
    List<String> words = data;
    if (cifs || asked.type().startsWith("nfs")) {
      words =
          data.stream()
              .map(word -> word.startsWith(ADDRESS) ? ADDRESS + address(word.substring(5)) : word)
              .toList();
      Matcher share = SHARE.matcher(device);
      if (cifs && !saysAddress(data) && share.matches()) {
        device = "//" + address(share.group(1)) + share.group(2);
      }
    }
    return new Backing.Mounted(asked.type(), device, String.join(",", words));
  }

  private static boolean saysAddress(List<String> data) {
    return data.stream().anyMatch(word -> word.startsWith(ADDRESS) || word.startsWith("ip="));
  }

  private static String address(String host) {
    try {
      return InetAddress.getByName(host).getHostAddress();
    } catch (UnknownHostException e) {
      throw new EngineException(
          Kind.UNAVAILABLE,
          "failed to mount local volume: the server \"" + host + "\" cannot be resolved",
          e);
    }
  }
}
