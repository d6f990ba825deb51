package dev.abode.engine.machine;

import dev.abode.engine.container.BindMount;
import dev.abode.engine.instance.MountSpec.PropagationMode;

/**
 * A folder or file of the host in a machine: virtio-fs, served by a process with a jail of its own.
 *
 * @param number from 0, unique in the machine
 * @param bind what is shared, and where it is to be
 */
public record Share(int number, BindMount bind) {
  /** The folder of the sockets, in the run folder and in both jails. */
  static final String SOCKETS = "/shares";

  /** The one file of a share that is no folder. */
  private static final String FILE = "file";

  /** What the guest mounts it by. */
  String tag() {
    return "share" + number;
  }

  /** The name of its socket. */
  public String socket() {
    return number + ".sock";
  }

  /** Where the server has what it shares, of which it serves {@link ShareJail#ROOT}. */
  String served() {
    return bind.directory() ? ShareJail.ROOT : ShareJail.ROOT + "/" + FILE;
  }

  /** Where the guest mounts it, out of the workload's sight. */
  String mounted() {
    return "/shares/" + number;
  }

  /** What the workload gets of that. */
  BindMount inGuest() {
    return new BindMount(
        bind.directory() ? mounted() : mounted() + "/" + FILE,
        "",
        bind.directory(),
        bind.target(),
        bind.readOnly(),
        bind.readOnly(),
        false,
        PropagationMode.RPRIVATE,
        false);
  }
}
