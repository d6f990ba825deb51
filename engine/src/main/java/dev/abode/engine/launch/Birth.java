package dev.abode.engine.launch;

import dev.abode.engine.bridge.NetworkRun;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.RunFolderOf;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * One start of an instance: what the engine has ready for it.
 *
 * @param folder what lasts; {@code upper}, {@code work}, {@code etc} and the log's folder exist
 * @param run what this run has; exists
 * @param layers of the image, unpacked, the top one first
 * @param firstId the first host id of its own range of 65,536; empty for the host's user namespace
 * @param network the addresses and ports it was given
 * @param others running instances whose namespaces it shares, by the name it calls them
 */
public record Birth(
    InstanceRecord record,
    InstanceFolder folder,
    RunFolderOf run,
    List<Path> layers,
    OptionalLong firstId,
    NetworkRun network,
    Map<String, Workload> others) {
  public Birth {
    layers = List.copyOf(layers);
    others = Map.copyOf(others);
  }
}
