package dev.abode.cli.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryLoginsTest {
  private static final RegistryName LOCAL = RegistryName.ofServer("https://localhost:5000/v2/");

  @TempDir private Path folder;

  private RegistryLogins logins() {
    return RegistryLogins.ofUser(Map.of("DOCKER_CONFIG", folder.toString()));
  }

  @Test
  void aLoginIsKeptAsDockerKeepsItAndTheRestOfTheFileStays() throws IOException {
    Path file = Files.writeString(folder.resolve("config.json"), "{\"psFormat\":\"x\"}");
    logins().store(LOCAL, new RegistryLogins.Login("me", "se:cret", ""));
    Json config = Json.parse(Files.readString(file));
    assertThat(config.text("psFormat")).isEqualTo("x");
    assertThat(config.text("auths", "localhost:5000", "auth"))
        .isEqualTo(
            Base64.getEncoder().encodeToString("me:se:cret".getBytes(StandardCharsets.UTF_8)));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(logins().find(LOCAL)).contains(new RegistryLogins.Login("me", "se:cret", ""));
    assertThat(logins().erase(LOCAL)).isTrue();
    assertThat(logins().erase(LOCAL)).isFalse();
    assertThat(logins().find(LOCAL)).isEmpty();
  }

  @Test
  void theHeaderCarriesTheLoginOfTheImagesRegistry() throws IOException {
    logins().store(LOCAL, new RegistryLogins.Login("me", "secret", ""));
    Json header = decoded(logins().header(RegistryName.of("localhost:5000/a/b:1")));
    assertThat(header.text("username")).isEqualTo("me");
    assertThat(header.text("password")).isEqualTo("secret");
    assertThat(decoded(logins().header(RegistryName.of("alpine"))).fields()).isEmpty();
  }

  @Test
  void namesWithoutAHostAreDockerHubs() {
    assertThat(RegistryName.of("library/alpine").key()).isEqualTo("https://index.docker.io/v1/");
    assertThat(RegistryName.of("x").canonical("x")).isEqualTo("docker.io/library/x:latest");
    assertThat(RegistryName.of("me/x:1").canonical("me/x:1")).isEqualTo("docker.io/me/x:1");
    assertThat(RegistryName.of("r.io/x").canonical("r.io/x")).isEqualTo("r.io/x:latest");
  }

  private static Json decoded(String header) {
    return Json.parse(new String(Base64.getUrlDecoder().decode(header), StandardCharsets.UTF_8));
  }
}
