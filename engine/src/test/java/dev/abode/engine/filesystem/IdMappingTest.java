package dev.abode.engine.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.IdRange;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class IdMappingTest {
  private static final IdMapping MAPPED = IdMapping.of(new IdRange(0, 200_000, 65_536));

  @Test
  void translatesBothWaysAndKnowsItsBounds() {
    assertThat(MAPPED.uidInside(200_000)).isZero();
    assertThat(MAPPED.gidInside(265_535)).isEqualTo(65_535);
    assertThat(MAPPED.uidOutside(1000)).hasValue(201_000);
    assertThat(MAPPED.gidOutside(65_536)).isEmpty();
  }

  @Test
  void showsAForeignIdAsTheKernelDoes() {
    assertThat(MAPPED.uidInside(0)).isEqualTo(65_534);
    assertThat(MAPPED.uidInside(265_536)).isEqualTo(65_534);
  }

  @Test
  void withoutRangesInsideIsOutside() {
    assertThat(IdMapping.SAME.uidInside(4_000_000)).isEqualTo(4_000_000);
    assertThat(IdMapping.SAME.gidOutside(7)).hasValue(7);
  }

  @Test
  void aFileCapabilityTravelsInTheFormThatNamesNoHostId() {
    // cap_net_raw+ep, as setcap(8) writes it and as the kernel shows it of a mapped file.
    byte[] second = HexFormat.of().parseHex("0100000200200000000000000000000000000000");
    byte[] third = HexFormat.of().parseHex("0100000300200000000000000000000000000000400d0300");
    assertThat(FileCapabilities.toOutside("security.capability", second, MAPPED)).isEqualTo(third);
    assertThat(FileCapabilities.toInside("security.capability", third, MAPPED)).isEqualTo(second);
    assertThat(FileCapabilities.toOutside("security.capability", second, IdMapping.SAME))
        .isEqualTo(second);
    assertThat(FileCapabilities.toInside("user.note", third, MAPPED)).isEqualTo(third);
  }
}
