package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.VolumeInfo;
import dev.abode.engine.record.TreeDeletion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The volumes of an engine: folders below {@code root/volumes}, by name. One is made when it is
 * first mounted, or by {@link #create}; it goes when somebody removes it, and an anonymous one with
 * its instance. Safe for many threads.
 */
public final class Volumes {
  private static final String NAME = "[a-zA-Z0-9][a-zA-Z0-9_.-]*";
  private static final String CONTENT = "_data";

  private final Site site;

  Volumes(Site site) {
    this.site = site;
  }

  /** All of them, in order of name. */
  public List<VolumeInfo> list() throws IOException {
    List<VolumeInfo> volumes = new ArrayList<>();
    try (Stream<Path> folders = Files.list(site.folders().volumes())) {
      for (Path folder : folders.sorted().toList()) {
        find(folder.getFileName().toString()).ifPresent(volumes::add);
      }
    }
    return volumes;
  }

  /** The volume of that name. */
  public Optional<VolumeInfo> find(String name) throws IOException {
    if (!name.matches(NAME)) {
      return Optional.empty();
    }
    Path content = content(name);
    if (!Files.isDirectory(content)) {
      return Optional.empty();
    }
    FileTime created =
        Files.readAttributes(content.getParent(), BasicFileAttributes.class).creationTime();
    return Optional.of(new VolumeInfo(name, content, created.toInstant()));
  }

  /**
   * The volume of that name.
   *
   * @throws EngineException NOT_FOUND, in Docker's words
   */
  public VolumeInfo require(String name) throws IOException {
    return find(name)
        .orElseThrow(
            () ->
                new EngineException(
                    EngineException.Kind.NOT_FOUND, "get " + name + ": no such volume"));
  }

  /**
   * Makes an empty volume; one that is there stays as it is.
   *
   * @throws EngineException INVALID_ARGUMENT for a name that is none
   */
  public VolumeInfo create(String name) throws IOException {
    if (!name.matches(NAME)) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "\""
              + name
              + "\" includes invalid characters for a local volume name, only"
              + " \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed");
    }
    boolean isNew = find(name).isEmpty();
    Files.createDirectories(content(name));
    if (isNew) {
      site.events().publish("volume", "create", name, Map.of("driver", "local"));
    }
    return require(name);
  }

  /**
   * Removes a volume and its content.
   *
   * @throws EngineException NOT_FOUND; CONFLICT when an instance mounts it, running or not
   */
  public void remove(String name) throws IOException {
    VolumeInfo volume = require(name);
    List<String> users = users(name);
    if (!users.isEmpty()) {
      throw new EngineException(
          EngineException.Kind.CONFLICT,
          "remove " + name + ": volume is in use - [" + String.join(", ", users) + "]");
    }
    delete(volume);
  }

  /** IDs of the instances that mount it, running or not. */
  public List<String> users(String name) {
    return site.catalog().all().stream()
        .filter(instance -> names(instance.info().mounts()).contains(name))
        .map(LiveInstance::id)
        .toList();
  }

  private void delete(VolumeInfo volume) throws IOException {
    TreeDeletion.delete(site.folders().volumes().resolve(volume.name()));
    site.events().publish("volume", "destroy", volume.name(), Map.of("driver", "local"));
  }

  /** Removes volumes that nobody named, unless another instance uses them as well. */
  void removeAnonymous(InstanceSpec spec, List<MountSpec> mounts) throws IOException {
    Set<String> anonymous = names(mounts);
    anonymous.removeAll(names(spec.mounts()));
    for (String name : anonymous) {
      Optional<VolumeInfo> volume = find(name);
      if (volume.isPresent() && users(name).isEmpty()) {
        delete(volume.get());
      }
    }
  }

  private static Set<String> names(List<MountSpec> mounts) {
    Set<String> names = new HashSet<>();
    for (MountSpec mount : mounts) {
      if (mount instanceof MountSpec.Volume volume) {
        volume.name().ifPresent(names::add);
      }
    }
    return names;
  }

  private Path content(String name) {
    return site.folders().volumes().resolve(name).resolve(CONTENT);
  }
}
