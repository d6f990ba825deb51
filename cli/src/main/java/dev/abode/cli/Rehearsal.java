package dev.abode.cli;

import dev.abode.cli.command.EngineAddress;
import dev.abode.cli.command.Session;
import dev.abode.cli.engine.LaunchRehearsal;
import dev.abode.docker.DockerApi;
import dev.abode.engine.Engine;
import dev.abode.engine.EngineOptions;
import dev.abode.image.RegistryOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a JVM does while its AOT cache is made: the work that later starts should find prepared.
 * Verbs run against a socket that answers like an engine with one container, so that neither an
 * engine nor root is needed.
 */
final class Rehearsal {
  private static final String CONTAINER =
      """
      {"Id":"0123456789abcdef","Names":["/box"],"Image":"alpine","Command":"sleep 60","Created":1700000000,\
      "State":"running","Status":"Up 5 minutes","Ports":[],"Labels":{"a":"b"},\
      "Mounts":[],"NetworkSettings":{"Networks":{"none":{}}}}""";

  private static final List<List<String>> COMMAND_LINES =
      List.of(
          List.of("version"),
          List.of("ps"),
          List.of("ps", "-a", "--format", "{{.Names}}\\t{{json .Labels}}"),
          List.of("images"),
          List.of("inspect", "box"),
          List.of("run", "--rm", "-e", "A=B", "-v", "/tmp:/tmp", "alpine", "true"),
          List.of("run", "-d", "-m", "64m", "alpine", "true"),
          List.of("exec", "box", "true"),
          List.of("logs", "box"),
          List.of("start", "box"),
          List.of("stop", "box"),
          List.of("rm", "-f", "box"),
          List.of("help", "run"),
          List.of("rnu"));

  /** So many that the cache learns which code a launch spends its time in. */
  private static final int LAUNCHES = 100;

  private Rehearsal() {}

  /**
   * Rehearses.
   *
   * @param arguments {@code engine} or {@code client}, the role the cache is for
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createTempDirectory("abode-rehearsal");
    try {
      boolean isRoot = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
      if (arguments[0].equals("engine") && isRoot) {
        engine(folder);
      } else {
        client(folder);
      }
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        // Nothing is ever mounted here: no container is started.
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
    Main.main(new String[] {"--version"});
  }

  /** A real engine, asked what can be asked of one, and launching what can be launched. */
  private static void engine(Path folder) throws IOException {
    try (LaunchRehearsal launches = LaunchRehearsal.open(folder.resolve("launches"))) {
      launches.perform(LAUNCHES, () -> false);
    }
    EngineOptions options =
        new EngineOptions(folder.resolve("root"), folder.resolve("run"), RegistryOptions.DEFAULT);
    Path socket = folder.resolve("s");
    try (Engine engine = Engine.open(options);
        DockerApi _ = DockerApi.serve(engine, socket)) {
      for (String verb : List.of("version", "ps", "images", "info", "inspect nobody")) {
        run(List.of(verb.split(" ", -1)), socket);
      }
    }
  }

  private static void client(Path folder) throws IOException {
    Path socket = folder.resolve("s");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofPlatform().daemon().start(() -> serve(listener));
      for (List<String> line : COMMAND_LINES) {
        run(line, socket);
      }
    }
  }

  private static void run(List<String> line, Path socket) {
    try (Session session =
        Session.on(
            new ByteArrayInputStream(new byte[0]),
            OutputStream.nullOutputStream(),
            OutputStream.nullOutputStream(),
            Map.of(),
            new EngineAddress(socket, Optional.empty()))) {
      Main.run(Main.CommandLine.of(line), session);
    }
  }

  private static void serve(ServerSocketChannel listener) {
    while (true) {
      try {
        SocketChannel client = listener.accept();
        Thread.ofPlatform().daemon().start(() -> answerAll(client));
      } catch (AsynchronousCloseException closed) {
        return;
      } catch (IOException failed) {
        throw new java.io.UncheckedIOException(failed);
      }
    }
  }

  private static void answerAll(SocketChannel client) {
    try (client) {
      InputStream in = Channels.newInputStream(client);
      OutputStream out = Channels.newOutputStream(client);
      for (String head = head(in); !head.isEmpty(); head = head(in)) {
        in.readNBytes(length(head));
        out.write(answer(head).getBytes(StandardCharsets.UTF_8));
        if (head.contains("Upgrade")) {
          return;
        }
      }
    } catch (IOException gone) {
      // The rehearsed client hung up, as it may.
    }
  }

  private static String answer(String head) {
    if (head.contains("Upgrade")) {
      return "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    }
    String path = head.split(" ", 3)[1];
    if (path.endsWith("/start") || path.contains("/stop") || head.startsWith("DELETE")) {
      return "HTTP/1.1 204 No Content\r\n\r\n";
    }
    if (path.contains("/wait")) {
      String body = "{\"StatusCode\":0}";
      return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          + Integer.toHexString(body.length())
          + "\r\n"
          + body
          + "\r\n0\r\n\r\n";
    }
    boolean list = path.startsWith("/containers/json") || path.startsWith("/images/json");
    String body = path.contains("/logs") ? "" : list ? "[" + CONTAINER + "]" : CONTAINER;
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static int length(String head) {
    String name = "Content-Length: ";
    int at = head.indexOf(name);
    return at < 0
        ? 0
        : Integer.parseInt(head.substring(at + name.length(), head.indexOf('\r', at)));
  }

  /** Up to the empty line, or nothing at the end of the connection. */
  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int octet = in.read();
      if (octet < 0) {
        return "";
      }
      head.append((char) octet);
    }
    return head.toString();
  }
}
