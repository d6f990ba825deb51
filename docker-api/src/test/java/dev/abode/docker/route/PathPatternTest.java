package dev.abode.docker.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.docker.failure.ApiException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PathPatternTest {
  private static Optional<Map<String, String>> match(String pattern, String path) {
    return new PathPattern(pattern).match(path.substring(1).split("/", -1));
  }

  @Test
  void oneSegmentIsOneParameter() {
    assertThat(match("/containers/{id}/json", "/containers/web/json"))
        .contains(Map.of("id", "web"));
    assertThat(match("/containers/{id}/json", "/containers/a/b/json")).isEmpty();
    assertThat(match("/containers/{id}/json", "/containers//json")).isEmpty();
    assertThat(match("/containers/{id}", "/containers/web/json")).isEmpty();
  }

  @Test
  void namesOfImagesContainSlashes() {
    assertThat(match("/images/{name*}/json", "/images/localhost:5000/a/b:tag/json"))
        .contains(Map.of("name", "localhost:5000/a/b:tag"));
    assertThat(match("/images/{name*}/json", "/images/a%2Fb/json")).contains(Map.of("name", "a/b"));
    assertThat(match("/images/{name*}", "/images/a/b@sha256:0"))
        .contains(Map.of("name", "a/b@sha256:0"));
    assertThat(match("/images/{name*}/json", "/images/json")).isEmpty();
  }

  @Test
  void aPlusStaysAPlus() {
    assertThat(match("/x/{a}", "/x/a+b%20c")).contains(Map.of("a", "a+b c"));
  }

  @Test
  void versionsOutsideOfTheRangeAreToldSo() {
    assertThat(ApiVersion.parse("1.24")).isEqualTo(ApiVersion.OLDEST);
    assertThat(ApiVersion.parse("1.44").atLeast(42)).isTrue();
    assertThatThrownBy(() -> ApiVersion.parse("1.23"))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("too old. Minimum supported API version is 1.24");
    assertThatThrownBy(() -> ApiVersion.parse("1.99"))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("too new. Maximum supported API version is 1.50");
    assertThatThrownBy(() -> ApiVersion.parse("x")).isInstanceOf(ApiException.class);
  }
}
