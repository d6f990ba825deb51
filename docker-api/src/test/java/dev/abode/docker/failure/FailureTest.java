package dev.abode.docker.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.failure.EngineException;
import dev.abode.image.ImageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FailureTest {
  @ParameterizedTest
  @CsvSource({
    "NOT_FOUND, 404",
    "CONFLICT, 409",
    "INVALID_ARGUMENT, 400",
    "PERMISSION, 403",
    "UNAVAILABLE, 503",
    "UNSUPPORTED, 501",
    "INTERNAL, 500"
  })
  void kindsBecomeStatuses(EngineException.Kind kind, int status) {
    Failure failure = Failure.of(new EngineException(kind, "why"));

    assertThat(failure.status()).isEqualTo(status);
    assertThat(failure.message()).isEqualTo("why");
  }

  @ParameterizedTest
  @EnumSource
  void everyKindOfImageFailureHasAStatus(ImageException.Kind kind) {
    assertThat(Failure.of(new ImageException(kind, "why")).status()).isBetween(400, 599);
  }

  /** What the docker CLI looks for to exit with 127 or 126. */
  @Test
  void commandsThatCannotRunAreSaidSoInDockersWords() {
    assertThat(
            Failure.of(
                    new EngineException(EngineException.Kind.COMMAND_NOT_FOUND, "no program \"x\""))
                .message())
        .contains("executable file not found");
    assertThat(
            Failure.of(
                    new EngineException(
                        EngineException.Kind.COMMAND_NOT_EXECUTABLE, "x is a folder"))
                .message())
        .contains("permission denied");
  }
}
