package dev.abode.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FramesTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void eachFrameGoesToItsStream() throws IOException {
    byte[] frames = {
      1, 0, 0, 0, 0, 0, 0, 2, 'h', 'i', 2, 0, 0, 0, 0, 0, 0, 1, '!', 1, 0, 0, 0, 0, 0, 0, 0
    };
    Frames.copy(new ByteArrayInputStream(frames), out, err);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("hi");
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("!");
  }

  @Test
  void aCutFrameIsAnError() {
    byte[] cut = {1, 0, 0, 0, 0, 0, 0, 5, 'h', 'i'};
    assertThatThrownBy(() -> Frames.copy(new ByteArrayInputStream(cut), out, err))
        .isInstanceOf(EOFException.class);
  }
}
