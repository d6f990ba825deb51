package dev.abode.docker.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class StreamFormatTest {
  @Test
  void aFrameSaysStreamAndLength() {
    ByteBuffer header = StreamFormat.MULTIPLEXED.header(2, 0x01020304);

    assertThat(header).isEqualTo(ByteBuffer.wrap(new byte[] {2, 0, 0, 0, 1, 2, 3, 4}));
  }

  @Test
  void aTerminalsStreamIsRaw() {
    assertThat(StreamFormat.of(true).header(1, 7).hasRemaining()).isFalse();
    assertThat(StreamFormat.of(false)).isEqualTo(StreamFormat.MULTIPLEXED);
  }
}
