package dev.abode.image.registry.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A certificate authority nobody knows, made by {@code openssl} in a folder of the test: one server
 * certificate for {@code localhost} and 127.0.0.1, one client certificate.
 */
public final class PrivateAuthority {
  private final Path folder;

  private PrivateAuthority(Path folder) {
    this.folder = folder;
  }

  /** Makes keys and certificates in {@code folder}. */
  public static PrivateAuthority in(Path folder) throws IOException, InterruptedException {
    PrivateAuthority authority = new PrivateAuthority(Files.createDirectories(folder));
    authority.openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout ca.key"
            + " -out ca.crt -subj /CN=abode-test-ca");
    authority.sign("server", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    authority.sign("client", "extendedKeyUsage=clientAuth");
    return authority;
  }

  private void sign(String name, String extension) throws IOException, InterruptedException {
    Files.writeString(folder.resolve(name + ".ext"), extension + "\n");
    openssl(
        "req -newkey rsa:2048 -nodes -keyout "
            + name
            + ".key -out "
            + name
            + ".csr -subj /CN="
            + name);
    openssl(
        "x509 -req -days 2 -in "
            + name
            + ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile "
            + name
            + ".ext -out "
            + name
            + ".crt");
  }

  private void openssl(String arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ", -1)));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("openssl " + arguments + " failed: " + output);
    }
  }

  /** The authority's own certificate. */
  public Path certificate() {
    return folder.resolve("ca.crt");
  }

  public Path serverCertificate() {
    return folder.resolve("server.crt");
  }

  public Path serverKey() {
    return folder.resolve("server.key");
  }

  public Path clientCertificate() {
    return folder.resolve("client.crt");
  }

  public Path clientKey() {
    return folder.resolve("client.key");
  }

  /** What a server of the JDK needs to speak TLS with the server certificate. */
  public SSLContext serverContext()
      throws IOException, InterruptedException, GeneralSecurityException {
    openssl("pkcs12 -export -in server.crt -inkey server.key -passout pass:x -out server.p12");
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(folder.resolve("server.p12"))) {
      store.load(in, "x".toCharArray());
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, "x".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  /** Makes {@code certs.d/HOST} in a folder of registry certificates, with this authority. */
  public void trustFor(String host, Path certsFolder) throws IOException {
    Path own = Files.createDirectories(certsFolder.resolve(host));
    Files.copy(certificate(), own.resolve("ca.crt"));
  }

  /** Puts the client's certificate and key there too. */
  public void proveFor(String host, Path certsFolder) throws IOException {
    Path own = Files.createDirectories(certsFolder.resolve(host));
    Files.copy(clientCertificate(), own.resolve("client.cert"));
    Files.copy(clientKey(), own.resolve("client.key"));
  }
}
