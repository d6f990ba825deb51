package dev.abode.docker.route;

/** One line of the table: requests of this method and form of path are handled so. */
public final class Route {
  private final String method;
  private final PathPattern pattern;
  private final Handler handler;

  /** Answers a call; what it throws becomes an error body as long as nothing was answered. */
  @FunctionalInterface
  public interface Handler {
    void handle(Call call) throws Exception;
  }

  private Route(String method, String pattern, Handler handler) {
    this.method = method;
    this.pattern = new PathPattern(pattern);
    this.handler = handler;
  }

  public static Route get(String pattern, Handler handler) {
    return new Route("GET", pattern, handler);
  }

  public static Route head(String pattern, Handler handler) {
    return new Route("HEAD", pattern, handler);
  }

  public static Route post(String pattern, Handler handler) {
    return new Route("POST", pattern, handler);
  }

  public static Route put(String pattern, Handler handler) {
    return new Route("PUT", pattern, handler);
  }

  public static Route delete(String pattern, Handler handler) {
    return new Route("DELETE", pattern, handler);
  }

  String method() {
    return method;
  }

  PathPattern pattern() {
    return pattern;
  }

  Handler handler() {
    return handler;
  }
}
