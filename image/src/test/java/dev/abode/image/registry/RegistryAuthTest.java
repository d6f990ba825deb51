package dev.abode.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.image.Credentials;
import dev.abode.image.ImageException;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import dev.abode.image.Registries;
import dev.abode.image.RegistryOptions;
import dev.abode.image.registry.testing.PrivateAuthority;
import dev.abode.image.registry.testing.RegistryServer;
import dev.abode.image.registry.testing.TokenServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may, and over which line: a real registry with Basic, tokens, and TLS of a private CA. */
class RegistryAuthTest {
  private static final Credentials GOOD =
      new Credentials(RegistryServer.USER, RegistryServer.PASSWORD, "");
  private static final Credentials WRONG =
      new Credentials(RegistryServer.USER, "not-the-password", "");
  private static PrivateAuthority authority;

  private FolderStore here;
  private FolderStore there;
  @TempDir Path certificates;

  @BeforeAll
  static void makeAuthority(@TempDir Path folder) throws Exception {
    authority = PrivateAuthority.in(folder);
  }

  @BeforeEach
  void makeStores(@TempDir Path folder) throws IOException {
    here = new FolderStore(Files.createDirectory(folder.resolve("here")));
    there = new FolderStore(Files.createDirectory(folder.resolve("there")));
  }

  private void roundTrip(RegistryClient client, String host, Credentials credentials)
      throws IOException {
    SampleImage image = SampleImage.in(here, 100_000, 7);
    Reference reference = Reference.parse(host + "/guarded");
    client.push(reference, image.manifest(), here, digest -> List.of(), credentials, Progress.NONE);
    pull(client, reference, credentials);
    assertThat(there.size(image.layers().getFirst().digest())).contains(100_000L);
  }

  private void pull(RegistryClient client, Reference reference, Credentials credentials)
      throws IOException {
    Registries.RemoteImage remote = client.resolve(reference, Optional.empty(), credentials, there);
    client.fetch(remote, credentials, there, Progress.NONE, layer -> {});
  }

  private void assertUnauthorized(RegistryClient client, String host, Credentials credentials) {
    assertThatThrownBy(() -> pull(client, Reference.parse(host + "/guarded"), credentials))
        .isInstanceOfSatisfying(
            ImageException.class,
            e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.UNAUTHORIZED))
        .hasMessageContaining("log")
        .hasMessageNotContaining("not-the-password");
  }

  @Test
  void basicAuthLetsInWhoHasThePassword() throws Exception {
    try (RegistryServer registry = RegistryServer.plain().withBasicAuth().start();
        RegistryClient client = RegistryClient.of(RegistryOptions.DEFAULT)) {
      roundTrip(client, registry.host(), GOOD);
      assertUnauthorized(client, registry.host(), Credentials.ANONYMOUS);
      assertUnauthorized(client, registry.host(), WRONG);
      assertThat(client.login(registry.host(), GOOD).status()).isEqualTo("Login Succeeded");
      assertThatThrownBy(() -> client.login("http://" + registry.host() + "/v1/", WRONG))
          .isInstanceOfSatisfying(
              ImageException.class,
              e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.UNAUTHORIZED));
    }
  }

  @Test
  void tokensAreFetchedKeptAndRenewed() throws Exception {
    try (TokenServer tokens = TokenServer.start(authority);
        RegistryServer registry = RegistryServer.plain().withTokens(tokens).start();
        RegistryClient client = RegistryClient.of(RegistryOptions.DEFAULT)) {
      roundTrip(client, registry.host(), GOOD);
      // One to write and one to read, however many requests there were.
      assertThat(tokens.requests()).hasSize(2);
      assertThat(tokens.requests().getFirst())
          .startsWith("GET ")
          .contains("scope=repository%3Aguarded%3Apull%2Cpush")
          .contains("account=" + RegistryServer.USER);

      pull(client, Reference.parse(registry.host() + "/guarded"), Credentials.ANONYMOUS);
      assertUnauthorized(client, registry.host(), WRONG);
    }
  }

  @Test
  void aTokenThatEndsIsRenewed() throws Exception {
    try (TokenServer tokens = TokenServer.start(authority);
        RegistryServer registry = RegistryServer.plain().withTokens(tokens).start();
        RegistryClient client = RegistryClient.of(RegistryOptions.DEFAULT)) {
      // Shorter than the margin, so each token is over as soon as it is there.
      tokens.lifeSeconds(1);
      roundTrip(client, registry.host(), GOOD);
      assertThat(tokens.requests().size()).isGreaterThan(4);
    }
  }

  @Test
  void anIdentityTokenStandsForThePassword() throws Exception {
    try (TokenServer tokens = TokenServer.start(authority);
        RegistryServer registry = RegistryServer.plain().withTokens(tokens).start();
        RegistryClient client = RegistryClient.of(RegistryOptions.DEFAULT)) {
      Registries.Login login = client.login(registry.host(), GOOD);
      assertThat(login.identityToken()).isEqualTo(TokenServer.REFRESH_TOKEN);
      assertThatThrownBy(() -> client.login(registry.host(), WRONG))
          .isInstanceOf(ImageException.class);

      roundTrip(client, registry.host(), new Credentials("", "", login.identityToken()));

      assertThat(tokens.requests())
          .anySatisfy(
              request ->
                  assertThat(request)
                      .startsWith("POST grant_type=refresh_token")
                      .contains("refresh_token=" + TokenServer.REFRESH_TOKEN));
    }
  }

  @Test
  void aPrivateAuthorityIsBelievedWhereItIsConfigured() throws Exception {
    try (RegistryServer registry =
        RegistryServer.plain().withTls(authority).withBasicAuth().start()) {
      RegistryOptions options = new RegistryOptions(Set.of(), Map.of(), List.of(certificates));
      try (RegistryClient stranger = RegistryClient.of(options)) {
        assertThatThrownBy(
                () -> pull(stranger, Reference.parse(registry.host() + "/guarded"), GOOD))
            .isInstanceOfSatisfying(
                ImageException.class,
                e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.UNAVAILABLE))
            .hasMessageContaining("certs.d");
      }
      authority.trustFor(registry.host(), certificates);
      try (RegistryClient client = RegistryClient.of(options)) {
        roundTrip(client, registry.host(), GOOD);
        assertUnauthorized(client, registry.host(), WRONG);
      }
    }
  }

  @Test
  void anInsecureRegistryNeedsNoKnownAuthority() throws Exception {
    try (RegistryServer registry = RegistryServer.plain().withTls(authority).start();
        RegistryClient client =
            RegistryClient.of(new RegistryOptions(Set.of(registry.host()), Map.of(), List.of()))) {
      roundTrip(client, registry.host(), Credentials.ANONYMOUS);
    }
  }

  @Test
  void aClientCertificateProvesWhoOneIs() throws Exception {
    try (RegistryServer registry =
        RegistryServer.plain().withTls(authority).withClientCertificates().start()) {
      RegistryOptions options = new RegistryOptions(Set.of(), Map.of(), List.of(certificates));
      authority.trustFor(registry.host(), certificates);
      try (RegistryClient stranger = RegistryClient.of(options)) {
        assertThatThrownBy(
                () ->
                    pull(
                        stranger,
                        Reference.parse(registry.host() + "/guarded"),
                        Credentials.ANONYMOUS))
            .isInstanceOf(ImageException.class);
      }
      authority.proveFor(registry.host(), certificates);
      try (RegistryClient client = RegistryClient.of(options)) {
        roundTrip(client, registry.host(), Credentials.ANONYMOUS);
      }
    }
  }

  @Test
  void whatCameOverTlsIsNotContinuedWithout() throws Exception {
    try (FakeRegistry plain = new FakeRegistry(exchange -> {});
        FakeRegistry registry =
            new FakeRegistry(
                authority.serverContext(),
                exchange -> {
                  String elsewhere = "http://" + plain.host() + "/elsewhere";
                  boolean asks = exchange.getRequestURI().getPath().contains("/asks/");
                  exchange
                      .getResponseHeaders()
                      .set(
                          asks ? "WWW-Authenticate" : "Location",
                          asks ? "Bearer realm=\"" + elsewhere + "\"" : elsewhere);
                  exchange.sendResponseHeaders(asks ? 401 : 307, -1);
                })) {
      authority.trustFor(registry.host(), certificates);
      RegistryOptions options = new RegistryOptions(Set.of(), Map.of(), List.of(certificates));
      try (RegistryClient client = RegistryClient.of(options)) {
        assertThatThrownBy(() -> pull(client, Reference.parse(registry.host() + "/asks/x"), GOOD))
            .hasMessageContaining("is not an https URL");
        assertThatThrownBy(
                () -> pull(client, Reference.parse(registry.host() + "/redirects/x"), GOOD))
            .hasMessageContaining("where this client does not go");
        assertThat(plain.requests()).isEmpty();
      }
    }
  }
}
