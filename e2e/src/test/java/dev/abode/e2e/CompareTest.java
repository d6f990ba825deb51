package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.json.Json;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The comparison is made once; what it says of this machine has to make sense. */
@Tag("slow")
class CompareTest {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  /** A minute for what is measured, and the rest for preparing a kernel on a busy machine. */
  private static final long SECONDS = 540;

  /** Figures of a busy machine differ by this much without meaning anything. */
  private static final double NOISE = 4;

  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  private static Json comparison = Json.Null.VALUE;
  private static Path page = Path.of("/");

  @BeforeAll
  static void compare() throws Exception {
    page = engine.folder().resolve("comparison.html");
    comparison =
        Json.parse(
            engine
                .abode("compare", "--quick", "--json", "--html", page.toString(), ALPINE)
                .within(SECONDS)
                .ok()
                .out());
  }

  private static Json cell(String measure, String place) {
    for (Json candidate : comparison.items("measures")) {
      if (candidate.text("name").equals(measure)) {
        return candidate.at("cells", place);
      }
    }
    throw new AssertionError("there is no measure " + measure);
  }

  private static double median(String measure, String place) {
    Json cell = cell(measure, place);
    assertThat(cell.text("median")).as("%s of %s: %s", measure, place, cell.compact()).isNotEmpty();
    return Double.parseDouble(cell.text("median"));
  }

  @Test
  void apartmentsAreQuickerAndSmallerThanHouses() {
    assertThat(median("firstByte", "native")).isLessThan(median("firstByte", "vm"));
    assertThat(median("firstByte", "container")).isLessThan(median("firstByte", "vm"));
    assertThat(median("ready", "container")).isLessThan(median("ready", "vm"));
    assertThat(median("memory", "container")).isLessThan(median("memory", "vm"));
    assertThat(cell("fit", "container").number("projected"))
        .isGreaterThan(cell("fit", "vm").number("projected"));
  }

  @Test
  void wallsMakeNothingFasterThanItIsWithoutThem() {
    assertThat(median("cpu", "vm")).isLessThan(NOISE * median("cpu", "native"));
    assertThat(median("cpu", "container")).isLessThan(NOISE * median("cpu", "native"));
    // The same processor runs both.
    assertThat(median("cpu", "container")).isGreaterThan(median("cpu", "native") / NOISE);
    for (String measure : List.of("copying", "calls", "writing", "reading", "metadata")) {
      for (String place : List.of("native", "container", "vm")) {
        assertThat(median(measure, place)).as(measure).isPositive();
      }
    }
    assertThat(median("roundTrip", "container")).isPositive();
  }

  @Test
  void attackersSeeLessOfTheHost() {
    assertThat(cell("kernel", "container").text("observed")).isEqualTo("the host's");
    assertThat(cell("kernel", "vm").text("observed")).startsWith("its own");
    for (String place : List.of("container", "vm")) {
      assertThat(median("reachableCalls", place)).isLessThan(median("reachableCalls", "native"));
      assertThat(cell("user", place).text("observed")).contains("nobody");
    }
    assertThat(median("processes", "container")).isLessThan(median("processes", "native"));
  }

  @Test
  void everyGapHasItsReasonAndTheHypervisorIsNamed() {
    for (Json measure : comparison.items("measures")) {
      for (Json cell : measure.fields("cells").values()) {
        boolean empty = cell.fields().isEmpty();
        assertThat(empty).as(measure.text("name")).isFalse();
        assertThat(cell.text("notMeasured")).isNotEqualTo("this was not tried here");
      }
    }
    assertThat(comparison.text("host", "hypervisor")).startsWith("QEMU ");
    assertThat(comparison.text("host", "meaning")).contains("QEMU ");
  }

  @Test
  void nothingIsLeft() throws Exception {
    assertThat(engine.abode("ps", "-aq").ok().out()).isEmpty();
    assertThat(engine.abode("images").ok().out()).doesNotContain("abode-compare");
  }

  @Test
  void thePageIsDrawnByABrowserInLightAndDark() throws Exception {
    assertThat(Files.readString(page)).doesNotContain("{{").doesNotContain("http");
    // Not so on Ubuntu, which has it as a snap only.
    Assumptions.assumeTrue(Files.isExecutable(CHROMIUM), "there is no chromium");
    BufferedImage light = draw("light", 1);
    BufferedImage dark = draw("dark", 0);
    assertThat(brightness(light, 3, 3)).isGreaterThan(200);
    assertThat(brightness(dark, 3, 3)).isLessThan(60);
    for (BufferedImage picture : List.of(light, dark)) {
      Map<Integer, Integer> colours = colours(picture);
      // Paper, cards, ink, and the bars of three places.
      assertThat(colours.values().stream().filter(pixels -> pixels > 300).count()).isGreaterThan(6);
    }
    assertThat(colours(light)).containsKeys(0xff8b949e, 0xff1f7a8c, 0xffc8553d);
    assertThat(colours(dark)).containsKeys(0xff8b949e, 0xff4fb3c6, 0xffe5846d);
  }

  /** A picture of the page; 0 is how Chromium numbers people's wish for dark, and 1 for light. */
  private static BufferedImage draw(String name, int scheme) throws Exception {
    Path picture = engine.folder().resolve(name + ".png");
    Command.of(
            Map.of("HOME", engine.folder().toString()),
            List.of(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--user-data-dir=" + engine.folder().resolve("browser"),
                "--blink-settings=preferredColorScheme=" + scheme,
                "--window-size=1150,2600",
                "--screenshot=" + picture,
                page.toUri().toString()))
        .ok();
    return read(picture);
  }

  private static BufferedImage read(Path picture) throws IOException {
    BufferedImage image = ImageIO.read(picture.toFile());
    assertThat(image).as("a picture in %s", picture).isNotNull();
    return image;
  }

  private static int brightness(BufferedImage image, int x, int y) {
    int rgb = image.getRGB(x, y);
    return (((rgb >> 16) & 0xff) + ((rgb >> 8) & 0xff) + (rgb & 0xff)) / 3;
  }

  private static Map<Integer, Integer> colours(BufferedImage image) {
    Map<Integer, Integer> colours = new HashMap<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.merge(image.getRGB(x, y), 1, Integer::sum);
      }
    }
    return colours;
  }
}
