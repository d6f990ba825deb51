package dev.abode.cli.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {
  @ParameterizedTest
  @CsvSource({
    "0,0B",
    "999,999B",
    "1000,1kB",
    "7790000,7.79MB",
    "12345678,12.3MB",
    "2000000000,2GB"
  })
  void sizesAreDecimalWithThreeDigits(long bytes, String expected) {
    assertThat(Words.size(bytes)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"0,0B", "1024,1KiB", "507904,496KiB", "2088763392,1.945GiB"})
  void memoryIsBinaryWithFourDigits(long bytes, String expected) {
    assertThat(Words.binarySize(bytes)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0,Less than a second",
    "1,1 second",
    "59,59 seconds",
    "60,About a minute",
    "150,2 minutes",
    "3600,About an hour",
    "7200,2 hours",
    "172800,2 days",
    "1209600,2 weeks",
    "5184000,2 months",
    "63072000,2 years"
  })
  void durationsAreDockers(long seconds, String expected) {
    assertThat(Words.duration(Duration.ofSeconds(seconds))).isEqualTo(expected);
  }

  @Test
  void noInstantIsNoInstant() {
    assertThat(Words.instant("0001-01-01T00:00:00Z")).isEmpty();
    assertThat(Words.instant("2024-05-01T10:00:00.123456789+02:00"))
        .contains(Instant.parse("2024-05-01T08:00:00.123456789Z"));
  }
}
