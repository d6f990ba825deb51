package dev.abode.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.image.Credentials;
import dev.abode.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialSourceTest {
  @TempDir Path folder;

  private CredentialSource logins(String json) throws IOException {
    Files.writeString(folder.resolve("config.json"), json);
    return CredentialSource.ofUser(
        Map.of("DOCKER_CONFIG", folder.toString(), "PATH", folder + ":/usr/bin:/bin"));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private void helper(String name, String script) throws IOException {
    Path file = folder.resolve("docker-credential-" + name);
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void nobodyWhereNobodyLoggedIn() throws Exception {
    assertThat(CredentialSource.ofUser(Map.of("HOME", folder.toString())).of("docker.io"))
        .isEqualTo(Credentials.ANONYMOUS);
    assertThat(logins("{\"psFormat\":\"x\",\"auths\":{}}").of("docker.io"))
        .isEqualTo(Credentials.ANONYMOUS);
  }

  @Test
  void readsWhatDockerLoginWrites() throws Exception {
    CredentialSource source =
        logins(
            """
            {"auths":{
              "https://index.docker.io/v1/":{"auth":"%s"},
              "localhost:5000":{"auth":"%s"},
              "https://old.example.com/v2/":{"username":"u","password":"p"},
              "token.example.com":{"auth":"%s","identitytoken":"long-lived"}}}
            """
                .formatted(base64("hub:pass:word"), base64("local:secret"), base64("t:")));
    assertThat(source.of("docker.io")).isEqualTo(new Credentials("hub", "pass:word", ""));
    assertThat(source.of("localhost:5000")).isEqualTo(new Credentials("local", "secret", ""));
    assertThat(source.of("old.example.com")).isEqualTo(new Credentials("u", "p", ""));
    assertThat(source.of("token.example.com")).isEqualTo(new Credentials("t", "", "long-lived"));
    assertThat(source.of("localhost:5001")).isEqualTo(Credentials.ANONYMOUS);
  }

  @Test
  void asksTheHelperOfTheRegistryAndElseTheStore() throws Exception {
    helper("one", "read r; echo \"{\\\"Username\\\":\\\"of $r\\\",\\\"Secret\\\":\\\"s1\\\"}\"");
    helper(
        "all",
        """
        read r
        case "$r" in
          https://index.docker.io/v1/) echo '{"ServerURL":"x","Username":"<token>","Secret":"t"}';;
          broken) echo kaputt; exit 1;;
          *) echo 'credentials not found in native keychain'; exit 1;;
        esac
        """);
    CredentialSource source =
        logins("{\"credsStore\":\"all\",\"credHelpers\":{\"gcr.io\":\"one\"}}");
    assertThat(source.of("gcr.io")).isEqualTo(new Credentials("of gcr.io", "s1", ""));
    assertThat(source.of("docker.io")).isEqualTo(new Credentials("", "", "t"));
    assertThat(source.of("unknown.example.com")).isEqualTo(Credentials.ANONYMOUS);
    assertThatThrownBy(() -> source.of("broken"))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("docker-credential-all")
        .hasMessageContaining("kaputt");
  }

  @Test
  void aHelperThatIsNotThereIsNamed() throws Exception {
    CredentialSource source = logins("{\"credsStore\":\"desktop\"}");
    assertThatThrownBy(() -> source.of("docker.io"))
        .hasMessageContaining("docker-credential-desktop")
        .hasMessageContaining("PATH");
    CredentialSource odd = logins("{\"credsStore\":\"../../bin/sh\"}");
    assertThatThrownBy(() -> odd.of("docker.io")).hasMessageContaining("not the name");
  }

  @Test
  void secretsAreNotInTheWordsOfErrors() throws Exception {
    CredentialSource source = logins("{\"auths\":{\"x.io\":{\"auth\":\"!secret!\"}}}");
    assertThatThrownBy(() -> source.of("x.io"))
        .hasMessageContaining("log in again")
        .hasMessageNotContaining("!secret!");
  }
}
