package dev.abode.engine.machine;

import dev.abode.engine.qmp.Qmp;
import dev.abode.engine.qmp.QmpException;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What the engine tells the hypervisor of a running machine. The jail is entered through the
 * process, so that nothing of it has a name on the host.
 */
public final class Monitor implements AutoCloseable {
  /** A host that is short of time is no reason to give up; a hypervisor that hangs is. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String DEVICES = "/devices";

  /** The state of twenty disks is half a megabyte. */
  private static final int MAX_DEVICES_BYTES = 8 << 20;

  private final Qmp qmp;
  private final Path run;

  private Monitor(Qmp qmp, Path run) {
    this.qmp = qmp;
    this.run = run;
  }

  /**
   * Opens it.
   *
   * @param pid of the hypervisor, which listens as soon as its agent has been heard of
   */
  public static Monitor open(int pid) throws IOException {
    Path run = Path.of("/proc/" + pid + "/root" + QemuCommand.RUN);
    return new Monitor(Qmp.connect(run.resolve("qmp"), PATIENCE), run);
  }

  /** Stops the guest's processors. */
  public void stop() throws IOException {
    qmp.execute("stop", Map.of());
  }

  /** Lets them go on. */
  public void resume() throws IOException {
    qmp.execute("cont", Map.of());
  }

  /**
   * The state of all devices and processors, without memory and disks, as {@code -incoming} takes
   * it; the guest is stopped.
   */
  public byte[] devices() throws IOException {
    // Whatever the name says, this has nothing to do with Xen: it is the one command that leaves
    // memory out.
    qmp.execute(
        "xen-save-devices-state", Map.of("filename", QemuCommand.RUN + DEVICES, "live", false));
    try (FileTree jail = FileTree.open(run);
        FileTreeFile file = jail.read(DEVICES)) {
      long size = file.status().sizeBytes();
      if (size == 0 || size > MAX_DEVICES_BYTES) {
        throw new QmpException("QEMU saved a state of " + size + " bytes");
      }
      byte[] state = file.input(0).readNBytes(Math.toIntExact(size));
      jail.remove(DEVICES);
      return state;
    }
  }

  @Override
  public void close() throws IOException {
    qmp.close();
  }
}
