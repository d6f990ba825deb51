package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.SnapshotInfo;
import dev.abode.engine.launch.SavedState;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.SnapshotRecord;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Moments of an instance that it, or another one, can go back to. Each is a folder that is filled
 * under another name and then renamed, so that it exists whole or not at all. The caller has the
 * instance to itself.
 */
final class Snapshots {
  private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");
  private static final DateTimeFormatter DEFAULT_NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

  /** No name of a snapshot begins so. */
  private static final String UNFINISHED = ".new-";

  /** What the names of parts end with that are not put back yet. */
  private static final String NOT_BACK = ".new";

  private static final String VOLUMES = "volumes";

  private final LiveInstance instance;
  private final Site site;

  Snapshots(LiveInstance instance) {
    this.instance = instance;
    this.site = instance.site;
  }

  // ---- which there are

  List<SnapshotInfo> list() throws IOException {
    List<SnapshotInfo> list = new ArrayList<>();
    for (String name : names()) {
      list.add(info(instance.folder().snapshots().resolve(name)));
    }
    list.sort(Comparator.comparing(SnapshotInfo::created));
    return list;
  }

  /** The names alone, sorted: nothing is measured. */
  List<String> names() throws IOException {
    try (Stream<Path> folders = Files.list(instance.folder().snapshots())) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .filter(name -> !name.startsWith(UNFINISHED))
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static SnapshotInfo info(Path folder) throws IOException {
    SnapshotRecord record = SnapshotRecord.read(folder);
    Size size = new Size();
    size.add(folder);
    return new SnapshotInfo(
        folder.getFileName().toString(),
        record.created(),
        record.running(),
        record.stoodStill(),
        size.bytes,
        size.ownBytes);
  }

  /** What the files of a folder take on disk. */
  private static final class Size {
    private long bytes;
    private long ownBytes;

    void add(Path folder) throws IOException {
      try (FileTree tree = FileTree.open(folder)) {
        add(tree, "/");
      }
    }

    private void add(FileTree tree, String folder) throws IOException {
      for (String name : tree.list(folder)) {
        String path = folder + name;
        Optional<FileTreeStatus> status = tree.statusWithoutLinks(path);
        if (status.isEmpty()) {
          continue;
        }
        bytes += status.get().allocatedBytes();
        ownBytes += status.get().links() > 1 ? 0 : status.get().allocatedBytes();
        if (status.get().isDirectory()) {
          add(tree, path + "/");
        }
      }
    }
  }

  private Path require(String name) {
    Path folder = instance.folder().snapshots().resolve(validated(name));
    if (!Files.isDirectory(folder)) {
      throw new EngineException(
          Kind.NOT_FOUND,
          instance.now().record().name()
              + " has no snapshot "
              + name
              + "; abode snapshot ls shows those it has");
    }
    return folder;
  }

  private Path newest() throws IOException {
    List<SnapshotInfo> all = list();
    if (all.isEmpty()) {
      throw new EngineException(
          Kind.NOT_FOUND,
          instance.now().record().name() + " has no snapshot; take one with abode snapshot create");
    }
    return require(all.getLast().name());
  }

  private static String validated(String name) {
    if (!LEGAL.matcher(name).matches()) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "\"" + name + "\" is no name of a snapshot: letters, digits, _ . and - are");
    }
    return name;
  }

  // ---- taking one

  SnapshotInfo create(Optional<String> wanted) throws IOException {
    Instant now = Instant.now();
    String name = validated(wanted.orElseGet(() -> DEFAULT_NAME.format(now)));
    Path folder = instance.folder().snapshots().resolve(name);
    if (Files.exists(folder)) {
      throw new EngineException(
          Kind.CONFLICT,
          instance.now().record().name() + " has a snapshot " + name + " already; remove it first");
    }
    refuseOthersThan(InstanceStatus.RUNNING, InstanceStatus.EXITED, InstanceStatus.CREATED);
    Files.createDirectories(instance.folder().snapshots());
    sweep(instance.folder().snapshots(), UNFINISHED + "*");
    Path unfinished = folder.resolveSibling(UNFINISHED + name);
    Files.createDirectory(unfinished);
    try {
      SavedState saved =
          site.walls().save(instance.whereabouts(), unfinished, () -> saveVolumes(unfinished));
      new SnapshotRecord(
              SnapshotRecord.FORMAT,
              now,
              saved.running(),
              saved.stoodStill(),
              instance.now().record())
          .write(unfinished);
      Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      TreeDeletion.delete(unfinished);
      throw e;
    }
    instance.publish("snapshot", Map.of("snapshot", name));
    return info(folder);
  }

  private void refuseOthersThan(InstanceStatus... legal) {
    InstanceStatus present = instance.now().status();
    if (!List.of(legal).contains(present)) {
      throw instance.conflict(
          "no snapshot of "
              + instance.now().record().name()
              + " can be taken while it is "
              + present.name().toLowerCase(Locale.ROOT)
              + "; wait until it runs, or unpause it");
    }
  }

  /**
   * Takes away what engines that were killed have left of snapshots that were not finished, and of
   * what was being put back.
   */
  static void sweep(InstanceFolder folder) throws IOException {
    sweep(folder.snapshots(), UNFINISHED + "*");
    sweep(folder.path(), "*" + NOT_BACK);
  }

  private static void sweep(Path folder, String names) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, names)) {
      for (Path unfinished : left) {
        TreeDeletion.delete(unfinished);
      }
    }
  }

  private void saveVolumes(Path folder) throws IOException {
    for (String volume : Volumes.names(instance.now().record().mounts())) {
      Files.createDirectories(folder.resolve(VOLUMES));
      try (OutputStream tar = Files.newOutputStream(archive(folder, volume))) {
        site.volumes().exportContent(volume, tar);
      }
    }
  }

  private static Path archive(Path folder, String volume) {
    return folder.resolve(VOLUMES).resolve(volume + ".tar");
  }

  // ---- going back to one

  void restore(Optional<String> name) throws IOException, InterruptedException {
    Path folder = name.isPresent() ? require(name.get()) : newest();
    SnapshotRecord record = SnapshotRecord.read(folder);
    refuseOtherNetworks(record, folder);
    instance.wantEnd();
    Stopping.killAndWait(instance);
    for (String volume : Volumes.names(instance.now().record().mounts())) {
      if (Files.exists(archive(folder, volume))) {
        try (InputStream tar = Files.newInputStream(archive(folder, volume))) {
          site.volumes().importContent(volume, tar);
        }
      }
    }
    site.walls().putBack(folder, instance.whereabouts(), Optional.empty());
    if (record.running()) {
      Launching.launch(instance);
    }
    instance.publish("restore", Map.of("snapshot", folder.getFileName().toString()));
  }

  /** A memory has a card for each network of its time, and there is no way to add one to it. */
  private void refuseOtherNetworks(SnapshotRecord snapshot, Path folder) {
    InstanceRecord present = instance.now().record();
    int then = snapshot.definition().endpoints().size();
    int now = present.endpoints().size();
    if (snapshot.running() && then != now) {
      throw instance.conflict(
          present.name()
              + " cannot go back to "
              + folder.getFileName()
              + ", whose memory knows another number of networks ("
              + then
              + " then, "
              + now
              + " now); connect or disconnect it, and restore it again");
    }
  }

  void remove(String name) throws IOException {
    Path folder = require(name);
    Path doomed = folder.resolveSibling(UNFINISHED + name);
    TreeDeletion.delete(doomed);
    Files.move(folder, doomed, StandardCopyOption.ATOMIC_MOVE);
    TreeDeletion.delete(doomed);
    instance.publish("snapshot-rm", Map.of("snapshot", name));
  }

  // ---- another instance that goes on from one

  /**
   * Makes and starts it. It has what the snapshot has, and a name, an ID and all that follows from
   * them of its own.
   */
  LiveInstance cloneFrom(Optional<String> name, Optional<String> as)
      throws IOException, InterruptedException {
    boolean momentary = name.isEmpty();
    String snapshot = momentary ? create(Optional.empty()).name() : name.get();
    try {
      return cloneFrom(require(snapshot), as);
    } finally {
      if (momentary) {
        remove(snapshot);
      }
    }
  }

  /** By its name, unless that stands for another image by now. */
  private String imageOf(InstanceRecord origin) {
    boolean same =
        site.images()
            .find(origin.spec().image())
            .filter(image -> image.id().equals(origin.imageId()))
            .isPresent();
    return same ? origin.spec().image() : origin.imageId().toString();
  }

  /** In the networks that it was in at that moment, with addresses of its own. */
  private static List<EndpointSpec> alike(InstanceRecord origin) {
    return origin.endpoints().stream().map(EndpointSpec::anywhere).toList();
  }

  private LiveInstance cloneFrom(Path folder, Optional<String> as)
      throws IOException, InterruptedException {
    InstanceRecord origin = SnapshotRecord.read(folder).definition();
    InstanceSpec spec =
        origin.spec().toBuilder().name(as.orElse("")).hostname("").image(imageOf(origin)).build();
    LiveInstance clone =
        new Creation(site)
            .create(
                spec,
                Optional.of(alike(origin)),
                made -> site.walls().putBack(folder, made.whereabouts(), Optional.of(origin)));
    try {
      clone.exclusively(
          () -> {
            Launching.launch(clone);
            return true;
          });
    } catch (IOException | RuntimeException | InterruptedException e) {
      try {
        clone.remove(true, true);
      } catch (IOException | RuntimeException removing) {
        e.addSuppressed(removing);
      }
      throw e;
    }
    instance.publish("clone", Map.of("clone", clone.id()));
    return clone;
  }
}
