package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalsTest {
  @ParameterizedTest
  @CsvSource({"SIGTERM,15", "term,15", "9,9", "SIGRTMIN,34", "RTMIN+3,37", "SIGRTMAX-1,63"})
  void knowsNamesAndNumbers(String text, int number) {
    assertThat(Signals.number(text)).isEqualTo(number);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "SIGFOO", "0", "65", "RTMIN+99", "-1", "15x"})
  void refusesTheRest(String text) {
    assertThatThrownBy(() -> Signals.number(text)).hasMessage("Invalid signal: " + text);
  }

  @Test
  void rangesOfIdsDoNotOverlapAndComeBack() {
    IdRanges ranges = new IdRanges();
    long first = ranges.take();
    long second = ranges.take();
    assertThat(second).isEqualTo(first + IdRanges.SIZE);
    ranges.release(first);
    assertThat(ranges.take()).isEqualTo(second + IdRanges.SIZE);
    ranges.adopt(first);
    ranges.release(12);
    assertThat(first + IdRanges.SIZE * 16_384).isGreaterThan(Integer.MAX_VALUE);
  }
}
