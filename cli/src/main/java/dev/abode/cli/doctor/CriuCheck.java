package dev.abode.cli.doctor;

import dev.abode.engine.criu.Criu;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What snapshots of running containers need; all else goes without. */
final class CriuCheck {
  private static final String NAME = "criu";
  private static final String MEND =
      "apt-get install criu, or packaging/criu.sh of Abode's sources, which unpacks a newer one"
          + " beside it";

  private CriuCheck() {}

  static Check of(Host host) {
    Criu criu = new Criu(host.top());
    try {
      Optional<Path> working = criu.find();
      return working.isPresent()
          ? Check.ok(NAME, working.get() + " works on this kernel")
          : without(criu.reason());
    } catch (IOException e) {
      return without("criu cannot be tried, " + e.getMessage());
    }
  }

  private static Check without(String reason) {
    return Check.warn(NAME, reason + ": no snapshots of containers while they run", MEND);
  }
}
