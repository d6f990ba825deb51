package dev.abode.engine.machine;

import java.nio.file.Path;
import java.util.List;

/**
 * The folders and files of the host that a machine has, being served.
 *
 * @param sockets the folder of their servers' sockets
 */
public record Shares(Path sockets, List<Share> all) {
  public Shares {
    all = List.copyOf(all);
  }
}
