package dev.abode.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How blocks are read out of Markdown. */
class DocumentTest {
  private static Document read(String text) {
    return Document.of(Path.of("x.md"), text.lines().toList());
  }

  private static Document.Block only(String text) {
    List<Document.Block> blocks = read(text).blocks();
    assertThat(blocks).hasSize(1);
    return blocks.getFirst();
  }

  @Test
  void findsShellBlocksWithTheirLinesAndFates() {
    Document document =
        read(
            """
            # Title
            ```sh
            abode ps
            ```
            ```java
            int x;
            ```
            ```sh fails
            false
            ```
            ```sh not-run: needs another machine
            reboot
            ```
            """);
    assertThat(document.blocks())
        .extracting(Document.Block::line, Document.Block::fate, Document.Block::script)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(2, Document.Fate.SUCCEEDS, "abode ps\n"),
            org.assertj.core.groups.Tuple.tuple(8, Document.Fate.FAILS, "false\n"),
            org.assertj.core.groups.Tuple.tuple(11, Document.Fate.NOT_RUN, "reboot\n"));
  }

  @Test
  void comparesOutputWithWhatIsShown() {
    Document.Block block =
        only(
            """
            ```sh
            abode ps
            ```

            ```output
            ID   … (x)
            …
            end
            ```
            """);
    assertThat(block.describes("ID   a b (x)\nend\n")).isTrue();
    assertThat(block.describes("ID   a b (x)  \n1\n2\nend")).isTrue();
    assertThat(block.describes("ID   a b x\nend\n")).isFalse();
    assertThat(block.describes("ID   a b (x)\nend\nmore\n")).isFalse();
    assertThat(only("```sh\ntrue\n```").describes("anything")).isTrue();
  }

  @Test
  void refusesWhatNobodyWouldNotice() {
    assertThatThrownBy(() -> read("```sh skip\ntrue\n```")).hasMessageContaining("x.md:1");
    assertThatThrownBy(() -> read("```sh not-run: \ntrue\n```")).hasMessageContaining("REASON");
    assertThatThrownBy(() -> read("```sh\ntrue\n")).hasMessageContaining("without an end");
    assertThatThrownBy(() -> read("```output\nx\n```")).hasMessageContaining("no shell block");
    assertThatThrownBy(() -> read("```\n./abode ps\n```")).hasMessageContaining("not marked");
  }
}
