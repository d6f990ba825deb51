package dev.abode.engine.resolver;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What {@code resolv.conf(5)} says.
 *
 * @param servers name servers, the first to be asked first
 * @param search domains to try names in
 * @param options as they are written, such as {@code ndots:2}
 */
public record ResolvConf(List<InetAddress> servers, List<String> search, List<String> options) {
  private static final Duration MAX_TIMEOUT = Duration.ofSeconds(30);
  private static final int MAX_ATTEMPTS = 5;

  public ResolvConf {
    servers = List.copyOf(servers);
    search = List.copyOf(search);
    options = List.copyOf(options);
  }

  /** Reads the text of such a file. As the C library does, it passes over what it does not know. */
  public static ResolvConf parse(String text) {
    List<InetAddress> servers = new ArrayList<>();
    List<String> search = new ArrayList<>();
    List<String> options = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String[] words = line.strip().split("\\s+", -1);
      List<String> values = List.of(words).subList(1, words.length);
      switch (words[0]) {
        case "nameserver" -> values.stream().limit(1).forEach(value -> addServer(servers, value));
        case "search", "domain" -> {
          // The last of them counts.
          search.clear();
          search.addAll(values);
        }
        case "options" -> options.addAll(values);
        default -> {}
      }
    }
    return new ResolvConf(servers, search, options);
  }

  private static void addServer(List<InetAddress> servers, String literal) {
    try {
      servers.add(InetAddress.ofLiteral(literal));
    } catch (IllegalArgumentException e) {
      // Not an address, or of an interface that is not there. The others may do.
    }
  }

  /**
   * This with what a user asks for in its place, list by list; an empty list asks for nothing. A
   * single dot as search list asks for none, as in Docker.
   */
  public ResolvConf with(List<InetAddress> servers, List<String> search, List<String> options) {
    return new ResolvConf(
        servers.isEmpty() ? this.servers : servers,
        search.isEmpty() ? this.search : search.stream().filter(d -> !d.equals(".")).toList(),
        options.isEmpty() ? this.options : options);
  }

  /** This with another option, unless the same is set already. */
  public ResolvConf withDefaultOption(String name, int value) {
    if (options.stream().anyMatch(option -> option.startsWith(name + ':'))) {
      return this;
    }
    List<String> more = new ArrayList<>(options);
    more.add(name + ':' + value);
    return new ResolvConf(servers, search, more);
  }

  /** This without servers on a loopback address, which are out of reach from another network. */
  public ResolvConf withoutLoopbackServers() {
    return new ResolvConf(
        servers.stream().filter(server -> !server.isLoopbackAddress()).toList(), search, options);
  }

  /** How long to wait for one server, if the file says so. */
  Duration timeout(Duration otherwise) {
    OptionalInt seconds = option("timeout");
    if (seconds.isEmpty()) {
      return otherwise;
    }
    Duration said = Duration.ofSeconds(Math.max(1, seconds.getAsInt()));
    return said.compareTo(MAX_TIMEOUT) > 0 ? MAX_TIMEOUT : said;
  }

  /** How often to go through the servers. */
  int attempts() {
    return Math.clamp(option("attempts").orElse(2), 1, MAX_ATTEMPTS);
  }

  private OptionalInt option(String name) {
    OptionalInt found = OptionalInt.empty();
    for (String option : options) {
      if (option.startsWith(name + ':')) {
        try {
          found = OptionalInt.of(Integer.parseInt(option.substring(name.length() + 1)));
        } catch (NumberFormatException e) {
          // As good as not written.
        }
      }
    }
    return found;
  }

  /** The file. */
  public String text() {
    StringBuilder text = new StringBuilder();
    servers.forEach(
        server -> text.append("nameserver ").append(server.getHostAddress()).append('\n'));
    if (!search.isEmpty()) {
      text.append("search ").append(String.join(" ", search)).append('\n');
    }
    if (!options.isEmpty()) {
      text.append("options ").append(String.join(" ", options)).append('\n');
    }
    return text.toString();
  }
}
