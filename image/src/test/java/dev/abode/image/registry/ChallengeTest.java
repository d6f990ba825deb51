package dev.abode.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChallengeTest {
  private static List<Challenge> parse(String... headers) {
    return Challenge.parse(List.of(headers));
  }

  @Test
  void readsWhatDockerHubSends() {
    assertThat(
            parse(
                "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
                    + "scope=\"repository:library/alpine:pull,push\""))
        .containsExactly(
            new Challenge(
                "bearer",
                Map.of(
                    "realm", "https://auth.docker.io/token",
                    "service", "registry.docker.io",
                    "scope", "repository:library/alpine:pull,push")));
  }

  @Test
  void readsSeveralInOneHeaderAndInSeveral() {
    assertThat(
            parse(
                "Negotiate, Basic realm=\"a, b = \\\"c\\\"\" , BEARER Realm = https://x/y?z ,",
                "Digest qop=auth"))
        .extracting(Challenge::scheme)
        .containsExactly("negotiate", "basic", "bearer", "digest");
    assertThat(parse("Basic realm=\"a, b = \\\"c\\\"\"").getFirst().parameter("realm"))
        .isEqualTo("a, b = \"c\"");
    assertThat(parse("Bearer realm=https://x/y?z=1,service=s").getFirst().parameter("realm"))
        .isEqualTo("https://x/y?z=1");
  }

  @Test
  void whatCannotBeReadEndsTheHeaderOnly() {
    assertThat(parse("Basic realm=\"x\", \u0000\u0001", "Bearer realm=\"y\""))
        .extracting(Challenge::scheme)
        .containsExactly("basic", "bearer");
    assertThat(parse("", ",,,", "\"", "=")).isEmpty();
  }
}
