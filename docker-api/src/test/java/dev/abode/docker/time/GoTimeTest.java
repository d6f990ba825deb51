package dev.abode.docker.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.docker.failure.ApiException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoTimeTest {
  private static final Instant NOW = Instant.parse("2024-06-01T12:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "2024-01-02T03:04:05Z, 2024-01-02T03:04:05Z, 2024-01-02T03:04:05.000000000Z",
    "2024-01-02T03:04:05.120Z, 2024-01-02T03:04:05.12Z, 2024-01-02T03:04:05.120000000Z",
    "2024-01-02T03:04:05.000000001Z, 2024-01-02T03:04:05.000000001Z,"
        + " 2024-01-02T03:04:05.000000001Z"
  })
  void timesAreWrittenAsGoWritesThem(String instant, String shortest, String fixed) {
    assertThat(GoTime.text(Instant.parse(instant))).isEqualTo(shortest);
    assertThat(GoTime.fixed(Instant.parse(instant))).isEqualTo(fixed);
  }

  @Test
  void neverIsGosZeroTime() {
    assertThat(GoTime.text(Optional.<Instant>empty())).isEqualTo("0001-01-01T00:00:00Z");
  }

  @ParameterizedTest
  @CsvSource({
    "1700000000, 2023-11-14T22:13:20Z",
    "1700000000.5, 2023-11-14T22:13:20.5Z",
    "1700000000.000000001, 2023-11-14T22:13:20.000000001Z",
    "2024-05-31, 2024-05-31T00:00:00Z",
    "2024-05-31T10:11:12, 2024-05-31T10:11:12Z",
    "2024-05-31T10:11:12.25Z, 2024-05-31T10:11:12.25Z",
    "2024-05-31T10:11:12+02:00, 2024-05-31T08:11:12Z",
    "1h30m, 2024-06-01T10:30:00Z",
    "10s, 2024-06-01T11:59:50Z",
    "-1m, 2024-06-01T12:01:00Z",
    "1.5s, 2024-06-01T11:59:58.5Z"
  })
  void timesAreReadInAllTheirForms(String text, Instant expected) {
    assertThat(GoTime.parse(text, NOW)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "yesterday", "2024-13-01", "10 apples", "1h30", "2024-05-31T25:00:00"})
  void whatIsNoTimeIsRefused(String text) {
    assertThatThrownBy(() -> GoTime.parse(text, NOW)).isInstanceOf(ApiException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "PT0.5S, Less than a second",
    "PT1S, 1 second",
    "PT59S, 59 seconds",
    "PT1M, About a minute",
    "PT59M, 59 minutes",
    "PT1H, About an hour",
    "PT47H, 47 hours",
    "P13D, 13 days",
    "P20D, 2 weeks",
    "P90D, 3 months",
    "P800D, 2 years"
  })
  void durationsAreWordedAsDockerDoes(Duration duration, String words) {
    assertThat(GoTime.human(duration)).isEqualTo(words);
  }
}
