package dev.abode.image.registry.testing;

import dev.abode.linux.FileTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Debian's {@code docker-registry} (CNCF distribution) as a child process on a free loopback port,
 * with its own storage folder: a real registry for tests. Everything is gone after {@link #close}.
 *
 * <pre>{@code
 * try (RegistryServer registry = RegistryServer.plain().start()) {
 *   images.push(Reference.parse(registry.host() + "/alpine"), …);
 * }
 * }</pre>
 */
public final class RegistryServer implements AutoCloseable {
  /** The user that {@link Builder#withBasicAuth} lets in. */
  public static final String USER = "abode";

  /** That user's password. */
  public static final String PASSWORD = "secret";

  /** bcrypt of {@link #PASSWORD}, the only form the registry reads. */
  private static final String HTPASSWD =
      USER + ":$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

  private static final Path PROGRAM = Path.of("/usr/bin/docker-registry");
  private static final Duration START = Duration.ofMinutes(2);
  private static final int FIRST_PORT = 20_000;
  private static final int PORTS = 10_000;

  private final Path folder;
  private final int port;
  private final Optional<PrivateAuthority> authority;
  private Process process;

  /** How the server is to be. */
  public static final class Builder {
    private Optional<PrivateAuthority> authority = Optional.empty();
    private String auth = "";
    private boolean clientCertificates;

    private Builder() {}

    /** Lets only {@link #USER} in. */
    public Builder withBasicAuth() {
      auth = "basic";
      return this;
    }

    /** Believes the tokens of a server. */
    public Builder withTokens(TokenServer tokens) {
      auth =
          """
          auth:
            token:
              realm: %s
              service: %s
              issuer: %s
              rootcertbundle: %s
          """
              .formatted(
                  tokens.realm(), TokenServer.SERVICE, TokenServer.ISSUER, tokens.certificate());
      return this;
    }

    /** Speaks TLS with a certificate for {@code localhost} and 127.0.0.1 that this CA signed. */
    public Builder withTls(PrivateAuthority privateAuthority) {
      authority = Optional.of(privateAuthority);
      return this;
    }

    /** Lets only those in whose certificate the same CA signed; after {@link #withTls}. */
    public Builder withClientCertificates() {
      clientCertificates = true;
      return this;
    }

    /** Starts the process and waits until it accepts connections. */
    public RegistryServer start() throws IOException, InterruptedException {
      Path folder = Files.createTempDirectory("abode-registry-");
      RegistryServer server = new RegistryServer(folder, freePort(), this);
      server.awaitListening();
      return server;
    }
  }

  private RegistryServer(Path folder, int port, Builder wanted) throws IOException {
    this.folder = folder;
    this.port = port;
    this.authority = wanted.authority;
    Files.writeString(folder.resolve("htpasswd"), HTPASSWD);
    String basic =
        "auth:\n  htpasswd:\n    realm: abode tests\n    path: "
            + folder.resolve("htpasswd")
            + "\n";
    String tls = authority.map(ca -> tls(ca, wanted.clientCertificates)).orElse("");
    Files.writeString(
        folder.resolve("config.yml"),
        """
        version: 0.1
        log:
          level: warn
          accesslog:
            disabled: true
        storage:
          filesystem:
            rootdirectory: %s
          delete:
            enabled: true
        http:
          addr: 127.0.0.1:%d
          secret: tests
        """
                .formatted(folder.resolve("storage"), port)
            + tls
            + (wanted.auth.equals("basic") ? basic : wanted.auth));
    this.process = launch();
  }

  private static String tls(PrivateAuthority ca, boolean clientCertificates) {
    return "  tls:\n    certificate: "
        + ca.serverCertificate()
        + "\n    key: "
        + ca.serverKey()
        + "\n"
        + (clientCertificates ? "    clientcas:\n      - " + ca.certificate() + "\n" : "");
  }

  /** A registry that lets everybody in, in plain HTTP. */
  public static Builder plain() {
    return new Builder();
  }

  /** Whether the program is installed; CI has it always. */
  public static boolean isInstalled() {
    return Files.isExecutable(PROGRAM);
  }

  /** Host and port as a reference names it, {@code localhost:PORT}. */
  public String host() {
    return "localhost:" + port;
  }

  public int port() {
    return port;
  }

  /** {@code http(s)://localhost:PORT}. */
  public String url() {
    return (authority.isPresent() ? "https://" : "http://") + host();
  }

  /** Where the registry keeps its content, to look at it or to spoil it. */
  public Path storage() {
    return folder.resolve("storage");
  }

  /** What the registry logged so far. */
  public String log() throws IOException {
    return Files.readString(folder.resolve("log"), StandardCharsets.UTF_8);
  }

  /** SIGKILL, as a machine that loses power; the storage stays. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Starts again on the same port and storage after {@link #kill}. */
  public void restart() throws IOException, InterruptedException {
    if (process.isAlive()) {
      throw new IllegalStateException("the registry still runs");
    }
    process = launch();
    awaitListening();
  }

  private Process launch() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(PROGRAM.toString(), "serve", folder.resolve("config.yml").toString());
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()));
    return builder.start();
  }

  private void awaitListening() throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(START);
    while (!accepts()) {
      boolean ended = process.waitFor(20, TimeUnit.MILLISECONDS);
      if (ended || Instant.now().isAfter(deadline)) {
        String words = log();
        close();
        throw new IOException("docker-registry did not start on port " + port + ":\n" + words);
      }
    }
  }

  private boolean accepts() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** A port below those that the kernel gives to connections, so that none takes it meanwhile. */
  private static int freePort() throws IOException {
    while (true) {
      int port = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException taken) {
        // Another one, then.
      }
    }
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    FileTree.delete(folder);
  }

  /** Whether any file of the registry's storage has this name, for example a blob's hex digest. */
  public boolean stores(String name) {
    try (Stream<Path> files = Files.walk(storage())) {
      return files.anyMatch(file -> file.getFileName().toString().equals(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
