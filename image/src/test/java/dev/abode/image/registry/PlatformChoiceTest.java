package dev.abode.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.image.Descriptor;
import dev.abode.image.Digest;
import dev.abode.image.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformChoiceTest {
  private static List<Descriptor> index(String... platforms) {
    return IntStream.range(0, platforms.length)
        .mapToObj(
            i ->
                new Descriptor(
                    MediaTypes.OCI_MANIFEST,
                    new Digest("sha256", "%064x".formatted(i)),
                    1,
                    Optional.of(Platform.parse(platforms[i])),
                    Map.of()))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "linux/amd64,       linux/amd64",
    "linux/arm64,       linux/arm64/v8",
    "linux/arm64/v8,    linux/arm64/v8",
    "linux/arm,         linux/arm/v7",
    "linux/arm/v6,      linux/arm/v6",
    "linux/arm/v7,      linux/arm/v7",
    "linux/386,         linux/386",
    "linux/amd64/v3,    linux/amd64/v2",
    "windows/amd64,     windows/amd64",
  })
  void choosesTheHighestLevelThatRuns(String wanted, String expected) {
    List<Descriptor> index =
        index(
            "windows/amd64",
            "linux/amd64",
            "linux/amd64/v2",
            "linux/amd64/v4",
            "linux/arm/v5",
            "linux/arm/v6",
            "linux/arm/v7",
            "linux/arm64/v8",
            "linux/386",
            "unknown/unknown");
    assertThat(PlatformChoice.choose(index, Platform.parse(wanted), "x").platform())
        .map(Platform::toString)
        .contains(expected);
  }

  @Test
  void ofEqualsTheFirst() {
    List<Descriptor> index = index("linux/amd64", "linux/amd64");
    assertThat(PlatformChoice.choose(index, Platform.parse("amd64"), "x"))
        .isEqualTo(index.getFirst());
  }

  @Test
  void saysWhatThereIs() {
    List<Descriptor> index = index("linux/arm64/v8", "unknown/unknown", "linux/s390x");
    assertThatThrownBy(() -> PlatformChoice.choose(index, Platform.parse("amd64"), "alpine"))
        .hasMessage(
            "no matching manifest for linux/amd64 in the manifest list entries of alpine: there are"
                + " linux/arm64/v8, linux/s390x; choose one of them with --platform");
  }
}
