package dev.abode.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unit in packaging, judged by systemd itself; no systemd has to run for that. */
class ServiceUnitTest {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

  @TempDir Path folder;

  /** What it says of our unit; it also reads those of the host that ours names. */
  private List<String> complaints(String text) throws Exception {
    Path unit = folder.resolve("abode.service");
    // It looks whether the command is there.
    Files.writeString(
        unit, text.replace("/usr/local/bin/abode", CHECKOUT.resolve("abode").toString()));
    Command.Result judged =
        Command.of(Map.of(), List.of("systemd-analyze", "verify", unit.toString())).run();
    return Stream.concat(judged.out().lines(), judged.err().lines())
        .filter(line -> line.contains("abode"))
        .toList();
  }

  private static String unit() throws IOException {
    return Files.readString(CHECKOUT.resolve("packaging/abode.service"));
  }

  @Test
  void isAsSystemdWantsIt() throws Exception {
    assertThat(complaints(unit())).isEmpty();
  }

  @Test
  void wouldBeToldOtherwise() throws Exception {
    assertThat(complaints(unit().replace("KillMode=process", "KillMod=process")))
        .anySatisfy(line -> assertThat(line).contains("KillMod"));
    assertThat(complaints(unit().replace("engine run", "engine run\nExecStart=/nowhere/abode")))
        .isNotEmpty();
  }

  /**
   * Supervisors are in the unit's control group; neither its stop nor a death in it may end them.
   */
  @Test
  void leavesWorkloadsAlone() throws Exception {
    assertThat(unit().lines()).contains("KillMode=process", "OOMPolicy=continue", "Delegate=yes");
  }
}
