package dev.abode.engine;

import dev.abode.engine.event.EventLog;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.VolumeInfo;
import dev.abode.engine.record.Folders;
import dev.abode.engine.record.RandomId;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.engine.record.VolumeFolder;
import dev.abode.engine.record.VolumeRecord;
import dev.abode.engine.volume.Backing;
import dev.abode.engine.volume.VolumeContent;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The volumes of an engine: files that outlive the instances they are mounted into. One is made by
 * {@link #create}, or when an instance that mounts it is; it goes when somebody removes it, and an
 * anonymous one with its last instance, if that is wanted.
 *
 * <p>The content of most is a folder. One with a size limit has a file system of its own in a file,
 * and one of a foreign device mounts that; such a volume is mounted while an instance that uses it
 * runs, and at no other time.
 *
 * <p>Safe for many threads.
 */
public final class Volumes {
  static final String NAME = "[a-zA-Z0-9][a-zA-Z0-9_.-]*";

  /** Begin the names of folders that are no volumes yet, or no more; no volume's begins so. */
  static final String MAKING = ".making-";

  static final String REMOVING = ".removing-";

  private static final Map<String, String> DRIVER = Map.of("driver", "local");

  private final Folders folders;
  private final EventLog events;
  private final Catalog catalog;
  private final VolumeHolds holds;
  private final VolumeBackups backups;

  Volumes(Folders folders, EventLog events, Catalog catalog) {
    this.folders = folders;
    this.events = events;
    this.catalog = catalog;
    this.holds = new VolumeHolds(folders);
    this.backups = new VolumeBackups(holds, this::shown);
  }

  // ---- what there is

  /** All of them, in order of name. */
  public List<VolumeInfo> list() throws IOException {
    List<VolumeInfo> volumes = new ArrayList<>();
    try (Stream<Path> all = Files.list(folders.volumes())) {
      for (Path folder : all.sorted().toList()) {
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
    VolumeFolder folder = holds.folder(name);
    try {
      VolumeRecord record = folder.readDefinition();
      return Optional.of(
          new VolumeInfo(
              name, folder.content(), record.created(), record.options(), record.labels()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * The volume of that name.
   *
   * @throws EngineException NOT_FOUND, in Docker's words
   */
  public VolumeInfo require(String name) throws IOException {
    return find(name).orElseThrow(() -> VolumeHolds.noSuchVolume(name));
  }

  /** IDs of the instances that mount it, running or not. */
  public List<String> users(String name) {
    return catalog.all().stream()
        .filter(instance -> names(instance.now().record().mounts()).contains(name))
        .map(LiveInstance::id)
        .toList();
  }

  /**
   * What a volume takes of the engine's disk, in bytes; empty when its content is somewhere else.
   */
  public OptionalLong takenBytes(VolumeInfo volume) throws IOException {
    VolumeFolder folder = holds.folder(volume.name());
    return switch (Backing.of(volume.options())) {
      case Backing.Folder plain -> OptionalLong.of(FolderSize.bytes(folder.content()));
      case Backing.Disk disk -> {
        try (FileTree tree = FileTree.open(folder.path())) {
          yield OptionalLong.of(tree.status("disk").map(FileTreeStatus::allocatedBytes).orElse(0L));
        }
      }
      case Backing.Mounted mounted -> OptionalLong.empty();
    };
  }

  // ---- making

  /** Makes an empty volume with nothing said of it; one that is there stays as it is. */
  public VolumeInfo create(String name) throws IOException {
    return create(Optional.of(name), Map.of(), Map.of());
  }

  /**
   * Makes an empty volume; one that is there stays as it is.
   *
   * @param name empty for an anonymous volume
   * @param options of Docker's local driver: {@code size}, or {@code type}, {@code device} and
   *     {@code o}
   * @throws EngineException INVALID_ARGUMENT for a name or options that are none; CONFLICT when it
   *     is there with other options; UNSUPPORTED when this host cannot limit its size
   */
  public VolumeInfo create(
      Optional<String> name, Map<String, String> options, Map<String, String> labels)
      throws IOException {
    if (name.isEmpty()) {
      Map<String, String> marked = new HashMap<>(labels);
      marked.put(VolumeInfo.ANONYMOUS, "");
      return make(RandomId.next(), options, marked);
    }
    return make(validated(name.get()), options, labels);
  }

  static String validated(String name) {
    if (name.matches(NAME) && name.length() <= 255 - REMOVING.length()) {
      return name;
    }
    throw new EngineException(
        Kind.INVALID_ARGUMENT,
        "\""
            + name
            + "\" includes invalid characters for a local volume name, only"
            + " \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host"
            + " directory, use absolute path");
  }

  private VolumeInfo make(String name, Map<String, String> options, Map<String, String> labels)
      throws IOException {
    Backing backing = Backing.of(options);
    return holds.exclusively(
        name,
        holders -> {
          Optional<VolumeInfo> present = find(name);
          if (present.isPresent()) {
            refuseOtherOptions(present.get(), options);
            return present.get();
          }
          VolumeFolder making = new VolumeFolder(folders.volumes().resolve(MAKING + name));
          TreeDeletion.delete(making.path());
          Files.createDirectory(making.path());
          try {
            new VolumeContent(name, making, backing).make();
            making.writeDefinition(
                new VolumeRecord(VolumeRecord.FORMAT, name, Instant.now(), options, labels));
            Files.move(making.path(), holds.folder(name).path(), StandardCopyOption.ATOMIC_MOVE);
          } catch (IOException | RuntimeException e) {
            try {
              TreeDeletion.delete(making.path());
            } catch (IOException deletion) {
              e.addSuppressed(deletion);
            }
            throw e;
          }
          events.publish("volume", "create", name, DRIVER);
          return require(name);
        });
  }

  private static void refuseOtherOptions(VolumeInfo present, Map<String, String> options) {
    if (!options.isEmpty() && !options.equals(present.options())) {
      throw new EngineException(
          Kind.CONFLICT,
          "volume "
              + present.name()
              + " is there already, with "
              + (present.options().isEmpty() ? "no options" : "the options " + present.options())
              + "; remove it first, or choose another name");
    }
  }

  // ---- removing

  /**
   * Removes a volume and its content.
   *
   * @throws EngineException NOT_FOUND; CONFLICT when an instance mounts it, running or not
   */
  public void remove(String name) throws IOException {
    require(name);
    holds.exclusively(
        name,
        holders -> {
          require(name);
          Set<String> users = new TreeSet<>(holders);
          users.addAll(users(name));
          if (!users.isEmpty()) {
            throw new EngineException(
                Kind.CONFLICT, "remove " + name + ": volume is in use - [" + shown(users) + "]");
          }
          delete(holds.content(name));
          return true;
        });
  }

  /** As Docker lists them, IDs, and behind those that are instances' their names. */
  private String shown(Collection<String> holders) {
    List<String> shown = new ArrayList<>();
    for (String holder : holders) {
      shown.add(
          catalog
              .byId(holder)
              .map(instance -> holder + " (" + instance.now().record().name() + ")")
              .orElse(holder));
    }
    return String.join(", ", shown);
  }

  private void delete(VolumeContent content) throws IOException {
    if (!content.hide()) {
      throw new EngineException(
          Kind.CONFLICT,
          "remove "
              + content.name()
              + ": volume is in use - somebody on this host has files open below "
              + content.folder().content());
    }
    Path doomed = folders.volumes().resolve(REMOVING + content.name());
    TreeDeletion.delete(doomed);
    // From here on it is gone; an engine that dies now leaves only something to delete.
    Files.move(content.folder().path(), doomed, StandardCopyOption.ATOMIC_MOVE);
    TreeDeletion.delete(doomed);
    events.publish("volume", "destroy", content.name(), DRIVER);
  }

  /** Removes volumes of an instance that nobody named, unless another instance uses them. */
  void removeAnonymous(InstanceSpec spec, List<MountSpec> mounts) throws IOException {
    Set<String> candidates = names(mounts);
    candidates.removeAll(names(spec.mounts()));
    for (String name : candidates) {
      removeIfAnonymous(name);
    }
  }

  /** Removes a volume that nobody named and nobody uses; any other stays. */
  void removeIfAnonymous(String name) throws IOException {
    Optional<VolumeInfo> volume = find(name);
    if (volume.isEmpty() || !volume.get().anonymous()) {
      return;
    }
    try {
      remove(name);
    } catch (EngineException e) {
      if (e.kind() != Kind.CONFLICT && e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
    }
  }

  /** The names of the volumes among mounts. */
  static Set<String> names(List<MountSpec> mounts) {
    Set<String> names = new HashSet<>();
    for (MountSpec mount : mounts) {
      if (mount instanceof MountSpec.Volume volume) {
        volume.name().ifPresent(names::add);
      }
    }
    return names;
  }

  // ---- using

  /**
   * Shows the content of all volumes among {@code mounts} until {@link #letGo}.
   *
   * @param holder an instance's ID, or what else tells this use from all others
   */
  void hold(List<MountSpec> mounts, String holder) throws IOException {
    Set<String> held = new TreeSet<>();
    try {
      for (String name : new TreeSet<>(names(mounts))) {
        holds.hold(name, holder);
        held.add(name);
      }
    } catch (IOException | RuntimeException e) {
      held.forEach(name -> holds.letGo(name, holder));
      throw e;
    }
  }

  /** As {@link #hold} for a workload that went on: its content is shown to it already. */
  void adopt(List<MountSpec> mounts, String holder) throws IOException {
    holds.register(names(mounts), holder);
  }

  void letGo(List<MountSpec> mounts, String holder) {
    names(mounts).forEach(name -> holds.letGo(name, holder));
  }

  /** Makes known that the volumes of an instance are mounted, or no more. */
  void publish(String action, LiveInstance instance) {
    for (MountSpec mount : instance.now().record().mounts()) {
      if (mount instanceof MountSpec.Volume volume) {
        Map<String, String> attributes = new HashMap<>(DRIVER);
        attributes.put("container", instance.id());
        if (action.equals("mount")) {
          attributes.put("destination", volume.target());
          attributes.put("propagation", "");
          attributes.put("read/write", Boolean.toString(!volume.readOnly()));
        }
        events.publish("volume", action, volume.name().orElseThrow(), attributes);
      }
    }
  }

  /** Lets one part of the engine look at how a volume is held and filled. */
  VolumeHolds holds() {
    return holds;
  }

  // ---- backup

  /**
   * Writes the content of a volume as an uncompressed tar: owners, modes, times, extended
   * attributes, links and holes are kept; the volume's own folder is the entry {@code ./}. It is
   * read as it is at the moment: for a copy that is consistent across files, stop or pause whoever
   * writes to it.
   *
   * @throws EngineException NOT_FOUND
   */
  public void exportContent(String name, OutputStream tar) throws IOException {
    require(name);
    backups.export(name, tar);
  }

  /**
   * Replaces the content of a volume by that of a tar, compressed or not. When it fails, whatever
   * the reason, the volume is as it was.
   *
   * @throws EngineException NOT_FOUND; CONFLICT while a running instance uses it, which would go on
   *     with the old content; INVALID_ARGUMENT for what is no archive; EXHAUSTED when it does not
   *     fit; UNSUPPORTED when the content is a device of somebody else's
   */
  public void importContent(String name, InputStream tar) throws IOException {
    require(name);
    backups.replace(name, tar);
  }

  // ---- when an engine opens

  /**
   * Finishes or takes away what a dead engine left, after the instances that run hold theirs.
   *
   * @return a sentence for each thing that was not as it should be
   */
  List<String> recover() throws IOException {
    return new VolumeRecovery(folders, holds).recover();
  }
}
