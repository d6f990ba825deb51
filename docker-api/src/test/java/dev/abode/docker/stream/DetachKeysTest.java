package dev.abode.docker.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.docker.failure.ApiException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DetachKeysTest {
  private static String pass(DetachKeys keys, String typed) {
    ByteBuffer passed = keys.pass(ByteBuffer.wrap(typed.getBytes(StandardCharsets.ISO_8859_1)));
    return StandardCharsets.ISO_8859_1.decode(passed).toString();
  }

  @Test
  void theDefaultIsCtrlPCtrlQ() {
    DetachKeys keys = DetachKeys.parse(Optional.empty());

    assertThat(pass(keys, "ls\r\u0010")).isEqualTo("ls\r");
    assertThat(keys.detached()).isFalse();
    assertThat(pass(keys, "\u0011never seen")).isEmpty();
    assertThat(keys.detached()).isTrue();
  }

  @Test
  void aBeginningThatGoesOnOtherwiseIsPassedAfterAll() {
    DetachKeys keys = DetachKeys.parse(Optional.empty());

    assertThat(pass(keys, "\u0010")).isEmpty();
    assertThat(pass(keys, "x")).isEqualTo("\u0010x");
    assertThat(pass(keys, "\u0010\u0010")).isEqualTo("\u0010");
    assertThat(pass(keys, "\u0011")).isEmpty();
    assertThat(keys.detached()).isTrue();
  }

  @Test
  void keysAsTheUserWritesThem() {
    DetachKeys keys = DetachKeys.parse(Optional.of("ctrl-a,b,ctrl-]"));

    assertThat(pass(keys, "\u0001b\u001d")).isEmpty();
    assertThat(keys.detached()).isTrue();
  }

  @Test
  void whatIsNoKeyIsRefused() {
    for (String text : new String[] {"ctrl-", "ctrl-1", "shift-a", "a,,b", "ü"}) {
      assertThatThrownBy(() -> DetachKeys.parse(Optional.of(text)))
          .as(text)
          .isInstanceOf(ApiException.class);
    }
  }
}
