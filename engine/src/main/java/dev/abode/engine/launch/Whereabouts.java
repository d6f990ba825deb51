package dev.abode.engine.launch;

import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.RunFolderOf;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where an instance is, running or not.
 *
 * @param layers of the image, unpacked, the top one first
 * @param workload when it runs
 */
public record Whereabouts(
    InstanceRecord record,
    InstanceFolder folder,
    RunFolderOf run,
    List<Path> layers,
    Optional<Workload> workload) {
  public Whereabouts {
    layers = List.copyOf(layers);
  }
}
