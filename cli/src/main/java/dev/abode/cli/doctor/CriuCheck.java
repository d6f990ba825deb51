package dev.abode.cli.doctor;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What snapshots of running containers need; all else goes without. */
final class CriuCheck {
  private static final String NAME = "criu";
  private static final String WITHOUT = ": no snapshots of containers while they run";
  private static final int PATIENCE_SECONDS = 60;

  /** Where one may be unpacked aside; the engine looks there first. */
  private static final List<String> ASIDE =
      List.of("/usr/local/lib/abode/criu/criu", "/usr/lib/abode/criu/criu");

  private CriuCheck() {}

  static Check of(Host host) {
    List<String> programs =
        Stream.concat(ASIDE.stream().filter(host::has), host.program(NAME).stream()).toList();
    if (programs.isEmpty()) {
      return Check.warn(NAME, "not installed" + WITHOUT, "apt-get install criu");
    }
    Optional<String> working =
        programs.stream().filter(program -> works(host.path(program).toString())).findFirst();
    return working
        .map(program -> Check.ok(NAME, program + " works on this kernel"))
        .orElseGet(
            () ->
                Check.warn(
                    NAME,
                    String.join(" and ", programs)
                        + " fails on this kernel, says criu check"
                        + WITHOUT,
                    "packaging/criu.sh of Abode's sources unpacks a newer one beside it"));
  }

  private static boolean works(String program) {
    try {
      Process check =
          new ProcessBuilder(program, "check")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        return check.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) && check.exitValue() == 0;
      } finally {
        check.destroyForcibly();
      }
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
