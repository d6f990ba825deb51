package dev.abode.docker.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.docker.failure.ApiException;
import dev.abode.image.Credentials;
import dev.abode.image.Reference;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageFormsTest {
  private static Optional<String> encoded(String json) {
    return Optional.of(
        Base64.getUrlEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void credentialsComeInAHeader() {
    assertThat(RegistryAuth.header(Optional.empty())).isEqualTo(Credentials.ANONYMOUS);
    assertThat(RegistryAuth.header(encoded("{}"))).isEqualTo(Credentials.ANONYMOUS);
    assertThat(RegistryAuth.header(encoded("{\"username\":\"u\",\"password\":\"p>?~\"}")))
        .isEqualTo(new Credentials("u", "p>?~", ""));
    assertThat(RegistryAuth.header(encoded("{\"auth\":\"dTpwOnE=\"}")))
        .isEqualTo(new Credentials("u", "p:q", ""));
    assertThatThrownBy(() -> RegistryAuth.header(Optional.of("%%%")))
        .isInstanceOf(ApiException.class)
        .hasMessageNotContaining("%%%");
  }

  @ParameterizedTest
  @CsvSource({
    "alpine, alpine:3.20, true",
    "alpine:3*, alpine:3.20, true",
    "alp*, alpine:3.20, true",
    "*/app, team/app:1, true",
    "*, team/app:1, false",
    "busybox, alpine:3.20, false",
    "docker.io/library/alpine:3.20, alpine:3.20, true"
  })
  void referencesMatchAsShellPatterns(String pattern, String name, boolean matches) {
    assertThat(ReferencePattern.matches(pattern, Reference.parse(name))).isEqualTo(matches);
  }
}
