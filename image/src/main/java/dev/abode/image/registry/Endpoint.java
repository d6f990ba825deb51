package dev.abode.image.registry;

import java.net.URI;
import java.util.Locale;

/**
 * One place that a registry's content may come from: the registry itself or a mirror of it.
 *
 * @param base {@code scheme://host[:port][/prefix]}, without a slash at the end; {@code /v2/…}
 *     comes behind it
 * @param mirror whether this stands in for the registry; a mirror never sees the registry's
 *     credentials
 * @param insecure whether plain HTTP may be spoken here, and where this place sends its readers
 */
record Endpoint(URI base, boolean mirror, boolean insecure) {

  /** {@code /v2/} and {@code path} at this place. */
  URI at(String path) {
    return URI.create(base + "/v2/" + path);
  }

  /**
   * Whether a secret meant for this place may go to {@code other}: the same scheme, host and port,
   * RFC 6454 §5.
   */
  boolean sameOrigin(URI other) {
    return base.getScheme().equalsIgnoreCase(other.getScheme())
        && host(base).equals(host(other))
        && port(base) == port(other);
  }

  /** Host of a URL in lower case, and the port if it is not the scheme's own. */
  static String authority(URI uri) {
    boolean ownPort = uri.getPort() < 0;
    return host(uri) + (ownPort ? "" : ":" + uri.getPort());
  }

  private static String host(URI uri) {
    String host = uri.getHost();
    return host == null ? "" : host.toLowerCase(Locale.ROOT);
  }

  private static int port(URI uri) {
    if (uri.getPort() >= 0) {
      return uri.getPort();
    }
    return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }

  @Override
  public String toString() {
    return base.toString();
  }
}
