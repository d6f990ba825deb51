package dev.abode.engine.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceFilterTest {
  private static final int BLOCK = 1;
  private static final int CHARACTER = 2;
  private static final int MKNOD = 1;
  private static final int READ = 2;
  private static final int WRITE = 4;

  private static boolean allows(
      List<DeviceRule> rules, int type, int access, int major, int minor) {
    return new DeviceMachine(DeviceFilter.program(rules)).run(type | access << 16, major, minor)
        == 1;
  }

  @ParameterizedTest
  @CsvSource({
    "1, 3, 6, true", // null
    "1, 3, 7, true",
    "1, 11, 1, true", // kmsg may be made
    "1, 11, 2, false", // but not read
    "1, 11, 3, false",
    "136, 77, 6, true", // a pseudo terminal
    "10, 229, 4, false", // fuse
  })
  void theDefaultOpensTheHarmlessOnly(int major, int minor, int access, boolean allowed) {
    List<DeviceRule> rules = DeviceAccess.defaultsAnd(List.of()).rules();
    assertThat(allows(rules, CHARACTER, access, major, minor)).isEqualTo(allowed);
  }

  @Test
  void blockDevicesAreMadeButNotOpened() {
    List<DeviceRule> rules = DeviceAccess.defaultsAnd(List.of()).rules();
    assertThat(allows(rules, BLOCK, MKNOD, 8, 0)).isTrue();
    assertThat(allows(rules, BLOCK, READ, 8, 0)).isFalse();
    assertThat(allows(rules, BLOCK, READ, 1, 3)).isFalse();
  }

  @Test
  void aRuleAddsExactlyWhatItSays() {
    List<DeviceRule> rules = List.of(DeviceRule.parse("b 8:* r"), DeviceRule.parse("a *:7 w"));
    assertThat(allows(rules, BLOCK, READ, 8, 5)).isTrue();
    assertThat(allows(rules, BLOCK, READ | WRITE, 8, 5)).isFalse();
    assertThat(allows(rules, BLOCK, READ, 9, 5)).isFalse();
    assertThat(allows(rules, CHARACTER, WRITE, 1, 7)).isTrue();
    assertThat(allows(rules, CHARACTER, READ, 8, 5)).isFalse();
  }

  @Test
  void noRuleOpensNothing() {
    assertThat(allows(List.of(), CHARACTER, READ, 1, 3)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "c 1:3", "x 1:3 r", "c 1:3 q", "c -1:3 r", "c 1 3 r", "c 1:3 rwmr"})
  void whatIsNoRuleIsRefused(String text) {
    assertThatThrownBy(() -> DeviceRule.parse(text))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("invalid device cgroup rule format");
  }

  @Test
  void rulesReadAsTheyAreWritten() {
    for (String text : List.of("c 1:3 rwm", "b *:* m", "a *:7 r")) {
      assertThat(DeviceRule.parse(text)).hasToString(text);
    }
  }

  /** The kernel's verifier takes the program, and a process in the group feels it. */
  @Test
  void theKernelTakesIt() throws IOException, InterruptedException {
    Path unified =
        List.of(Path.of("/sys/fs/cgroup/unified"), Path.of("/sys/fs/cgroup")).stream()
            .filter(p -> Files.exists(p.resolve("cgroup.controllers")))
            .findFirst()
            .orElse(Path.of("/none"));
    assumeTrue(Files.isDirectory(unified), "there is no v2 tree");
    Path group = Files.createTempDirectory(unified, "abode-devices");
    try {
      DeviceFilter.attach(group, DeviceAccess.defaultsAnd(List.of()));
      Process process =
          new ProcessBuilder(
                  "sh",
                  "-c",
                  "echo 0 > "
                      + group
                      + "/cgroup.procs; head -c1 /dev/zero | wc -c; head -c1 /dev/kmsg")
              .redirectErrorStream(true)
              .start();
      String output =
          new String(
              process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      process.waitFor();
      assertThat(output).startsWith("1\n").contains("Operation not permitted");
    } finally {
      CgroupTree.remove(group);
    }
  }
}
