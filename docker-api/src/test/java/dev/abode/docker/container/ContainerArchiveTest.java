package dev.abode.docker.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.docker.json.JsonObject;
import dev.abode.engine.instance.FileStat;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerArchiveTest {
  /** The right column is what Go prints for {@code uint32(info.Mode())} of such a file. */
  @ParameterizedTest
  @CsvSource({
    "100644, 420",
    "040755, 2147484141",
    "120777, 134218239",
    "060660, 67109296",
    "020666, 69206454",
    "010600, 33554816",
    "140777, 16777727",
    "104755, 8389101",
    "042775, 2151678461",
    "041777, 2148532735"
  })
  void modesBecomeGos(String octal, long go) {
    assertThat(ContainerArchive.goFileMode(Integer.parseInt(octal, 8))).isEqualTo(go);
  }

  @Test
  void theHeaderIsJsonInBase64() {
    FileStat stat = new FileStat("hosts", 12, 0100644, Instant.parse("2024-01-02T03:04:05.6Z"), "");

    JsonObject read = JsonObject.parse(Base64.getDecoder().decode(ContainerArchive.encoded(stat)));

    assertThat(read.text("name")).contains("hosts");
    assertThat(read.number("size")).hasValue(12);
    assertThat(read.number("mode")).hasValue(420);
    assertThat(read.text("mtime")).contains("2024-01-02T03:04:05.6Z");
    assertThat(read.text("linkTarget")).contains("");
  }
}
