package dev.abode.engine.criu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts with programs of the test's own in criu's place. */
class CriuTest {
  @TempDir private Path top = Path.of("/");

  private void install(String path, String script) throws IOException {
    Path file = top.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  @Test
  void aCheckThatDoesNotEndIsARefusal() throws IOException {
    // The shell waits for a child, which has its output too.
    install("usr/sbin/criu", "echo Looks good.; sleep 100000; exit 0");
    Criu criu = new Criu(top, Duration.ofMillis(300));

    assertThat(criu.find()).isEmpty();
    assertThat(criu.why())
        .isEqualTo(
            "criu does not work on this kernel, /usr/sbin/criu says: nothing, it does not end;"
                + " install criu 4.1 or newer");
  }

  @Test
  void oneAsideGoesBeforeTheInstalledOneIfItWorks() throws IOException {
    install("usr/sbin/criu", "exit 0");
    install("usr/local/lib/abode/criu/criu", "[ \"$1\" = check ]");
    assertThat(new Criu(top).find()).hasValue(Path.of("/usr/local/lib/abode/criu/criu"));

    install("usr/local/lib/abode/criu/criu", "exit 1");
    Criu criu = new Criu(top);
    assertThat(criu.find()).hasValue(Path.of("/usr/sbin/criu"));
    assertThat(criu.known())
        .isEqualTo("/usr/local/lib/abode/criu/criu does not work: nothing; /usr/sbin/criu works");
  }
}
