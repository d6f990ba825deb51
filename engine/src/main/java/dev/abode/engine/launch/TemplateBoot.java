package dev.abode.engine.launch;

import dev.abode.engine.cgroup.Cgroup;
import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.cgroup.DeviceAccess;
import dev.abode.engine.cgroup.DeviceRule;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.machine.HypervisorLimits;
import dev.abode.engine.machine.MachineContent;
import dev.abode.engine.machine.MachineGround;
import dev.abode.engine.machine.MachinePlan;
import dev.abode.engine.machine.Monitor;
import dev.abode.engine.memory.GuestMemory;
import dev.abode.engine.memory.MemoryCapture;
import dev.abode.engine.patience.Watchdog;
import dev.abode.engine.record.AtomicFile;
import dev.abode.engine.record.Folders;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.engine.record.RunRecord;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Remote;
import dev.abode.init.Shim;
import dev.abode.init.ShimBinary;
import dev.abode.init.ShimEvent;
import dev.abode.init.Supervision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The boot of a machine that is to be a template: in the same jail as any other, with nothing of
 * any instance in it, up to the moment at which its agent has answered.
 */
final class TemplateBoot {
  static final String MEMORY = "memory";
  static final String DEVICES = "devices";

  private static final DeviceRule KVM = DeviceRule.parse("c 10:232 rw");

  /** A machine that has not come up by then never will. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final int SIGKILL = 9;
  private static final Logger LOGGER = LoggerFactory.getLogger(TemplateBoot.class);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Folders folders;
  private final Cgroups cgroups;
  private final ShimBinary shims;
  private final HostIds ids;
  private final Optional<ByteBuffer> seccomp;
  private volatile Optional<Shim> present = Optional.empty();
  private volatile boolean abandoned;

  TemplateBoot(
      Folders folders,
      Cgroups cgroups,
      ShimBinary shims,
      HostIds ids,
      Optional<ByteBuffer> seccomp) {
    this.folders = folders;
    this.cgroups = cgroups;
    this.shims = shims;
    this.ids = ids;
    this.seccomp = seccomp;
  }

  /** Ends the machine that is being booted, and every later one: their boots fail. */
  void abandon() {
    abandoned = true;
    if (present.isPresent()) {
      kill(present.get());
    }
  }

  /**
   * Boots one and saves it.
   *
   * @param folder empty; gets the memory and the state of the devices, synced
   */
  void save(MachineModel model, Path folder) throws IOException {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    String id = HexFormat.of().formatHex(bytes);
    RunFolderOf run = folders.runOf(id);
    long firstId = ids.take();
    try {
      Files.createDirectories(run.path());
      // So that the next engine takes it away, should this one be killed.
      new RunRecord(RunRecord.FORMAT, id, firstId).write(run.run());
      boot(model, id, firstId, run, folder);
    } finally {
      cgroups.takeDown(id);
      TreeDeletion.delete(run.path());
      ids.release(firstId);
    }
  }

  private void boot(MachineModel model, String id, long firstId, RunFolderOf run, Path folder)
      throws IOException {
    Cgroup cgroup =
        cgroups.create(
            id,
            HypervisorLimits.of(Limits.NONE, model.shape(), model.hypervisor().acceleration()),
            DeviceAccess.defaultsAnd(List.of(KVM)));
    LaunchPlan plan =
        MachinePlan.of(
            new MachineGround(
                folder,
                firstId,
                cgroup.placement(),
                model.hypervisor(),
                model.shape(),
                model.boot(),
                new MachineContent.Template(),
                model.places(),
                model.cardPlaces(),
                Optional.empty(),
                seccomp),
            new Supervision(
                false,
                0,
                0,
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(new Remote.Idle(run.console()))));
    try (Shim shim = shims.spawn(plan, run.socket())) {
      present = Optional.of(shim);
      if (abandoned) {
        throw new IOException("the engine is being closed");
      }
      shim.start();
      try (Watchdog _ = Watchdog.over("template-watchdog", PATIENCE, () -> kill(shim))) {
        save(awaitReady(shim, run), model, folder);
      } finally {
        present = Optional.empty();
        kill(shim);
        awaitEnd(shim);
      }
    }
  }

  private static void kill(Shim shim) {
    try {
      shim.signal(SIGKILL);
    } catch (IOException e) {
      LOGGER.debug("the machine has ended before it was killed", e);
    }
  }

  /** The process id of the hypervisor, once the agent has answered. */
  private static int awaitReady(Shim shim, RunFolderOf run) throws IOException {
    int pid = 0;
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Booting booting) {
        pid = booting.pid();
      } else if (event instanceof ShimEvent.Ready) {
        return pid;
      } else if (event instanceof ShimEvent.Failed || event instanceof ShimEvent.Gone) {
        throw new IOException(
            "a virtual machine that was to be saved did not boot (" + event + "); see " + run);
      }
    }
  }

  private static void awaitEnd(Shim shim) throws IOException {
    while (!(shim.next() instanceof ShimEvent.Gone)) {
      // What it says of an end that was wanted is of no interest.
    }
  }

  private static void save(int pid, MachineModel model, Path folder) throws IOException {
    try (Monitor monitor = Monitor.open(pid)) {
      monitor.stop();
      AtomicFile.replaceDurably(folder.resolve(DEVICES), monitor.devices());
      MemoryCapture.write(
          GuestMemory.find(pid, model.shape().memoryBytes()), folder.resolve(MEMORY));
    }
  }
}
