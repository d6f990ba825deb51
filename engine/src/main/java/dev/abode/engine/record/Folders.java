package dev.abode.engine.record;

import java.nio.file.Path;

/**
 * Where everything of an engine lies.
 *
 * <pre>
 *   root/lock                      held by the engine
 *   root/images/                   of the image store
 *   root/volumes/NAME/             one folder a volume, {@link VolumeFolder}
 *   root/networks/ID.json          one file a network
 *   root/machines/                 kernels of virtual machines, and what is known of the hypervisor
 *   root/events/                   what happened lately
 *   root/instances/ID/             one folder an instance, {@link InstanceFolder}
 *   root/instances/ID.removing/    being deleted
 *   run/hold/                      shims that hold a stopped instance's files for a moment
 *   run/HEX16/                     one folder a running instance, {@link RunFolderOf}
 * </pre>
 */
public record Folders(Path root, Path run) {
  /** Ends the name of an instance's folder from the moment at which it no longer exists. */
  public static final String REMOVING = ".removing";

  public Path lock() {
    return root.resolve("lock");
  }

  public Path images() {
    return root.resolve("images");
  }

  public Path volumes() {
    return root.resolve("volumes");
  }

  public Path networks() {
    return root.resolve("networks");
  }

  public VolumeFolder volume(String name) {
    return new VolumeFolder(volumes().resolve(name));
  }

  public Path machines() {
    return root.resolve("machines");
  }

  public Path events() {
    return root.resolve("events");
  }

  public Path instances() {
    return root.resolve("instances");
  }

  /** Sockets of shims that hold the root file systems of stopped instances. */
  public Path holds() {
    return run.resolve("hold");
  }

  public InstanceFolder instance(String id) {
    return new InstanceFolder(instances().resolve(id));
  }

  /** The run folder of an instance: short, since a socket's path has at most 107 bytes. */
  public RunFolderOf runOf(String id) {
    return new RunFolderOf(run.resolve(id.substring(0, 16)));
  }
}
