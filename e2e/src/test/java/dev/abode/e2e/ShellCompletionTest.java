package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;

import dev.abode.linux.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Completion in the real shells, at a real terminal: the beginning of a verb and of a container's
 * name are typed, each with a tab behind it, and what the shell makes of it is run.
 */
@Tag("slow")
class ShellCompletionTest {
  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  @BeforeAll
  static void putTheCommandIntoThePath() throws Exception {
    Path program = Files.createDirectories(engine.folder().resolve("bin")).resolve("abode");
    String words =
        engine.abode().words().stream()
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" "));
    Files.writeString(program, "#!/bin/sh\nexec " + words + " \"$@\"\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(engine.process().clientEnvironment());
    environment.put("HOME", engine.folder().toString());
    environment.put("PATH", engine.folder().resolve("bin") + ":" + System.getenv("PATH"));
    return environment;
  }

  private static void completes(String preparation, String... shell) throws Exception {
    engine.abode("create", "--name", "walled-garden", ALPINE).ok();
    try (Terminal terminal = Terminal.open(24, 100, environment(), List.of(shell))) {
      // Written in two pieces, so that what is echoed is not yet what is printed.
      terminal.type(preparation + "; echo rea''dy\n");
      terminal.expect("ready");
      terminal.type("abode renam\twall\tpark\n");
      Eventually.until(
          "the container has the new name",
          () -> engine.abode("ps", "-a", "--format", "{{.Names}}").ok().text().equals("park"));
      terminal.type("exit\n");
      terminal.status();
    }
  }

  @Test
  void ofBash() throws Exception {
    completes("source <(abode completion bash)", "bash", "--norc", "--noprofile", "-i");
  }

  @Test
  void ofZsh() throws Exception {
    completes(
        "autoload -Uz compinit; compinit -u -D; source <(abode completion zsh)", "zsh", "-f", "-i");
  }

  @Test
  void ofFish() throws Exception {
    completes("abode completion fish | source", "fish", "--no-config", "-i");
  }
}
