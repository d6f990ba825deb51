package dev.abode.engine.launch;

import dev.abode.engine.cgroup.Cgroup;
import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.cgroup.DeviceAccess;
import dev.abode.engine.cgroup.DeviceRule;
import dev.abode.engine.disk.LayerDisks;
import dev.abode.engine.disk.WritableDisks;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.machine.Acceleration;
import dev.abode.engine.machine.HypervisorLimits;
import dev.abode.engine.machine.MachineDisk;
import dev.abode.engine.machine.MachineShape;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.linux.SparseFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What is made on the host for a machine, and what it would be if it were made. */
record MachineRoom(Cgroups cgroups, LayerDisks layerDisks, WritableDisks writableDisks) {
  /** The device files of the jail that lead out of it, where a machine has them. */
  static final DeviceAccess DEVICES =
      DeviceAccess.defaultsAnd(
          List.of(DeviceRule.parse("c 10:232 rw"), DeviceRule.parse("c 10:200 rw")));

  /** As large as a file system on it may grow; what is not written takes no space. */
  static final long DISK_BYTES = 32L << 30;

  Cgroup cgroup(String id, Limits asked, MachineShape shape, Acceleration acceleration)
      throws IOException {
    return cgroups.create(id, HypervisorLimits.of(asked, shape, acceleration), DEVICES);
  }

  List<MachineDisk> disks(InstanceFolder folder, List<Path> layers) throws IOException {
    Path own = own(folder);
    writableDisks.ensure(own);
    SparseFile.empty(MachineDisk.overwritten(own), Files.size(own));
    return MachineDesign.disks(layerDisks.of(layers), own);
  }

  /** As {@link #disks}, where none of them need exist. */
  static List<MachineDisk> foreseenDisks(InstanceFolder folder, List<Path> layers) {
    return MachineDesign.disks(layers.stream().map(LayerDisks::foreseen).toList(), own(folder));
  }

  private static Path own(InstanceFolder folder) {
    return folder.path().resolve(MachineInterior.DISK);
  }
}
