package dev.abode.cli.image;

/**
 * The registry in an image's name: what stands before the first slash if it looks like a host, else
 * Docker Hub.
 *
 * @param host with its port
 */
record RegistryName(String host) {
  private static final String DOCKER_HUB = "docker.io";

  /** The key under which every tool has always stored Docker Hub's credentials. */
  private static final String DOCKER_HUB_KEY = "https://index.docker.io/v1/";

  static RegistryName of(String image) {
    int slash = image.indexOf('/');
    String first = slash < 0 ? "" : image.substring(0, slash);
    boolean isHost = first.contains(".") || first.contains(":") || first.equals("localhost");
    return new RegistryName(isHost ? first : DOCKER_HUB);
  }

  /** The registry a user names to {@code login}; none is Docker Hub. */
  static RegistryName ofServer(String server) {
    String host = server.replaceFirst("^https?://", "").replaceFirst("/.*$", "");
    return new RegistryName(
        host.isEmpty() || host.equals("index.docker.io") || host.equals("registry-1.docker.io")
            ? DOCKER_HUB
            : host);
  }

  /** Its key in {@code config.json} and in credential stores. */
  String key() {
    return host.equals(DOCKER_HUB) ? DOCKER_HUB_KEY : host;
  }

  /** An image's name with nothing left out. */
  String canonical(String image) {
    boolean bare = image.indexOf('@') < 0 && image.lastIndexOf(':') <= image.lastIndexOf('/');
    String tagged = bare ? image + ":latest" : image;
    if (!host.equals(DOCKER_HUB) || tagged.startsWith(DOCKER_HUB + "/")) {
      return tagged;
    }
    return DOCKER_HUB + "/" + (image.indexOf('/') < 0 ? "library/" : "") + tagged;
  }
}
