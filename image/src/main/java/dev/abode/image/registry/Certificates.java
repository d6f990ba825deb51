package dev.abode.image.registry;

import dev.abode.image.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Whom to believe and how to prove oneself in TLS: the JVM's and the system's authorities, and for
 * a host the files of {@code FOLDER/HOST[:PORT]}: {@code *.crt} are further authorities, {@code
 * *.cert} with the {@code *.key} of the same name prove this client.
 */
final class Certificates {
  /** Where distributions keep the authorities an administrator added, as Go's crypto/x509 looks. */
  private static final List<Path> SYSTEM_BUNDLES =
      List.of(
          Path.of("/etc/ssl/certs/ca-certificates.crt"),
          Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
          Path.of("/etc/ssl/ca-bundle.pem"),
          Path.of("/etc/ssl/cert.pem"));

  private final List<Path> folders;

  Certificates(List<Path> folders) {
    this.folders = List.copyOf(folders);
  }

  /** Whether there are files for exactly this host (and port). */
  boolean hasOwn(String host) {
    return !files(host, ".crt").isEmpty() || !files(host, ".cert").isEmpty();
  }

  /**
   * What to speak TLS with.
   *
   * @param insecure whether to believe everybody
   * @throws ImageException of kind INVALID_ARGUMENT when a file for the host cannot be used
   */
  SSLContext contextFor(String host, boolean insecure) {
    try {
      TrustManager[] trust =
          insecure ? new TrustManager[] {new Credulous()} : trust(files(host, ".crt"));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(proof(host), trust, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "preparing TLS for the registry "
              + host
              + " failed: "
              + Reply.words(e)
              + "; look at the certificates in "
              + folders,
          e);
    }
  }

  private static TrustManager[] trust(List<Path> own) throws GeneralSecurityException, IOException {
    KeyStore store = emptyStore();
    int number = 0;
    for (X509Certificate authority : builtIn()) {
      store.setCertificateEntry("jvm" + number++, authority);
    }
    for (Path bundle : SYSTEM_BUNDLES) {
      if (Files.isReadable(bundle)) {
        for (Certificate authority : read(bundle)) {
          store.setCertificateEntry("system" + number++, authority);
        }
        break;
      }
    }
    for (Path file : own) {
      for (Certificate authority : read(file)) {
        store.setCertificateEntry("own" + number++, authority);
      }
    }
    return managers(store).getTrustManagers();
  }

  private static List<X509Certificate> builtIn() throws GeneralSecurityException {
    List<X509Certificate> all = new ArrayList<>();
    for (TrustManager manager : managers(null).getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        all.addAll(List.of(x509.getAcceptedIssuers()));
      }
    }
    return all;
  }

  @SuppressWarnings("NullAway") // null is the documented word for the JVM's own authorities
  private static TrustManagerFactory managers(@org.jspecify.annotations.Nullable KeyStore store)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }

  private KeyManager[] proof(String host) throws GeneralSecurityException, IOException {
    KeyStore store = emptyStore();
    for (Path file : files(host, ".cert")) {
      Path key = file.resolveSibling(file.getFileName().toString().replaceAll("cert$", "key"));
      Certificate[] chain = read(file).toArray(new Certificate[0]);
      if (!Files.isReadable(key) || chain.length == 0) {
        throw new IOException(file + " needs a certificate in it and its private key in " + key);
      }
      PrivateKey secret = PrivateKeyFile.read(key, chain[0].getPublicKey().getAlgorithm());
      store.setKeyEntry(file.toString(), secret, new char[0], chain);
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> read(Path file)
      throws GeneralSecurityException, IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(in);
    }
  }

  private List<Path> files(String host, String ending) {
    List<Path> found = new ArrayList<>();
    for (Path folder : folders) {
      Path own = folder.resolve(host);
      if (!Files.isDirectory(own)) {
        continue;
      }
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(own, "*" + ending)) {
        entries.forEach(found::add);
      } catch (IOException e) {
        throw new ImageException(
            ImageException.Kind.INVALID_ARGUMENT,
            "reading the certificates in " + own + " failed: " + Reply.words(e),
            e);
      }
    }
    return found.stream().sorted().toList();
  }

  /**
   * Believes everybody; only for hosts the user listed as insecure. An <em>extended</em> manager,
   * as the JDK compares host names itself for the other kind.
   */
  private static final class Credulous extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
