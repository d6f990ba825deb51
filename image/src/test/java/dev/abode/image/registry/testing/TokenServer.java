package dev.abode.image.registry.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A token server that {@code docker-registry} believes, distribution's "Token Authentication": it
 * signs a JWT for whatever is asked, to {@link RegistryServer#USER} with password or refresh token
 * and, for reading, to everybody.
 */
public final class TokenServer implements AutoCloseable {
  static final String SERVICE = "abode-test-registry";
  static final String ISSUER = "abode-test-issuer";

  /** The refresh token it gives at a login and takes in place of the password. */
  public static final String REFRESH_TOKEN = "refresh-me";

  private final HttpServer http;
  private final PrivateKey key;
  private final Path certificate;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private volatile long lifeSeconds = 300;

  private TokenServer(PrivateAuthority authority) throws IOException, GeneralSecurityException {
    this.certificate = authority.serverCertificate();
    String pem = Files.readString(authority.serverKey(), StandardCharsets.US_ASCII);
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    this.key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
    this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext("/token", this::answer);
    http.start();
  }

  /** Starts one that signs with the authority's server key. */
  public static TokenServer start(PrivateAuthority authority)
      throws IOException, GeneralSecurityException {
    return new TokenServer(authority);
  }

  String realm() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/token";
  }

  Path certificate() {
    return certificate;
  }

  /** One line for each request: method and parameters. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** How long tokens are said to live from now on; the registry itself believes them for longer. */
  public void lifeSeconds(long seconds) {
    lifeSeconds = seconds;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange;
        InputStream body = exchange.getRequestBody()) {
      String form = new String(body.readAllBytes(), StandardCharsets.UTF_8);
      boolean post = exchange.getRequestMethod().equals("POST");
      String text = post ? form : exchange.getRequestURI().getRawQuery();
      requests.add(exchange.getRequestMethod() + " " + text);
      Map<String, List<String>> parameters = parameters(text);
      boolean known = isKnown(exchange, parameters);
      boolean introduced = exchange.getRequestHeaders().containsKey("Authorization") || post;
      byte[] answer;
      int status;
      if (introduced && !known) {
        status = 401;
        answer =
            "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"who?\"}]}"
                .getBytes(StandardCharsets.UTF_8);
      } else {
        status = 200;
        answer = token(parameters, known).getBytes(StandardCharsets.UTF_8);
      }
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, answer.length);
      exchange.getResponseBody().write(answer);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static boolean isKnown(HttpExchange exchange, Map<String, List<String>> parameters) {
    String basic =
        Base64.getEncoder()
            .encodeToString(
                (RegistryServer.USER + ":" + RegistryServer.PASSWORD)
                    .getBytes(StandardCharsets.UTF_8));
    return ("Basic " + basic).equals(exchange.getRequestHeaders().getFirst("Authorization"))
        || parameters.getOrDefault("refresh_token", List.of()).contains(REFRESH_TOKEN);
  }

  private String token(Map<String, List<String>> parameters, boolean known)
      throws GeneralSecurityException, IOException {
    List<String> access = new ArrayList<>();
    for (String scopes : parameters.getOrDefault("scope", List.of())) {
      for (String scope : scopes.split(" ", -1)) {
        access.add(access(scope, known));
      }
    }
    long now = Instant.now().getEpochSecond();
    String certificateText;
    try (InputStream in = Files.newInputStream(certificate)) {
      certificateText =
          Base64.getEncoder()
              .encodeToString(
                  CertificateFactory.getInstance("X.509").generateCertificate(in).getEncoded());
    }
    String head = "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"x5c\":[\"" + certificateText + "\"]}";
    String claims =
        "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"exp\":%d,\"nbf\":%d,\"iat\":%d,\"jti\":\"%s\",\"access\":[%s]}"
            .formatted(
                ISSUER,
                known ? RegistryServer.USER : "",
                SERVICE,
                now + 3600,
                now - 60,
                now,
                UUID.randomUUID(),
                String.join(",", access));
    String signed = base64(head) + "." + base64(claims);
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(key);
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    String token =
        signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
    boolean lasting = parameters.containsKey("offline_token");
    return "{\"token\":\"%s\",\"expires_in\":%d%s}"
        .formatted(
            token, lifeSeconds, lasting ? ",\"refresh_token\":\"" + REFRESH_TOKEN + "\"" : "");
  }

  /** {@code repository:NAME:pull,push} as a claim; strangers may only read. */
  private static String access(String scope, boolean known) {
    String[] parts = scope.split(":", -1);
    List<String> actions = new ArrayList<>();
    for (String action : parts[2].split(",", -1)) {
      if (known || action.equals("pull")) {
        actions.add("\"" + action + "\"");
      }
    }
    return "{\"type\":\"%s\",\"name\":\"%s\",\"actions\":[%s]}"
        .formatted(parts[0], parts[1], String.join(",", actions));
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, List<String>> parameters(String query) {
    Map<String, List<String>> all = new HashMap<>();
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        all.computeIfAbsent(pair.substring(0, equals), name -> new ArrayList<>())
            .add(URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return all;
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
