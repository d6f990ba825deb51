package dev.abode.image.registry;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The proxies that {@code HTTP_PROXY}, {@code HTTPS_PROXY} and {@code NO_PROXY} name, in either
 * case, as every tool of this field understands them. A loopback address is never proxied.
 */
final class EnvironmentProxies extends ProxySelector {
  private final Map<String, String> environment;

  EnvironmentProxies(Map<String, String> environment) {
    this.environment = environment;
  }

  static ProxySelector ofProcess() {
    return new EnvironmentProxies(System.getenv());
  }

  @Override
  public List<Proxy> select(URI uri) {
    String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
    if (RegistryHosts.isLoopback(host) || exempt(host, uri.getPort())) {
      return List.of(Proxy.NO_PROXY);
    }
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    return variable(scheme + "_proxy").flatMap(EnvironmentProxies::proxy).stream().toList();
  }

  private boolean exempt(String host, int port) {
    for (String entry : variable("no_proxy").orElse("").toLowerCase(Locale.ROOT).split(",", -1)) {
      String name = entry.strip();
      String domain = name.startsWith("*.") ? name.substring(1) : name;
      String suffix = domain.startsWith(".") ? domain : "." + domain;
      boolean named = !name.isEmpty() && (host.equals(name) || host.endsWith(suffix));
      if (name.equals("*") || named || name.equals(host + ":" + port)) {
        return true;
      }
    }
    return false;
  }

  private Optional<String> variable(String lowerCase) {
    return Optional.ofNullable(environment.get(lowerCase))
        .or(() -> Optional.ofNullable(environment.get(lowerCase.toUpperCase(Locale.ROOT))))
        .filter(value -> !value.isBlank());
  }

  private static Optional<Proxy> proxy(String text) {
    URI uri = URI.create(text.contains("://") ? text : "http://" + text);
    if (uri.getHost() == null) {
      return Optional.empty();
    }
    int port = uri.getPort() < 0 ? 80 : uri.getPort();
    return Optional.of(
        new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port)));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    // The exchange itself fails with this; there is no second proxy to turn to.
  }
}
