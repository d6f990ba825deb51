package dev.abode.engine;

import dev.abode.engine.filesystem.CommittedConfig;
import dev.abode.engine.filesystem.InstanceFiles;
import dev.abode.engine.filesystem.WrittenFiles;
import dev.abode.engine.instance.Change;
import dev.abode.engine.instance.FileStat;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.launch.Whereabouts;
import dev.abode.image.Image;
import dev.abode.image.ImageConfig;
import dev.abode.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads and changes the files of an instance from outside, running or not. */
final class Looking {
  private static final InstanceFiles.Owner ROOT = new InstanceFiles.Owner(0, 0);

  private final LiveInstance instance;

  Looking(LiveInstance instance) {
    this.instance = instance;
  }

  /** Something done with the files. */
  @FunctionalInterface
  private interface Use<T> {
    T of(InstanceFiles files) throws IOException;
  }

  /**
   * The files of a running instance are used beside whatever else is done with it. Those of a
   * stopped one are mounted for that purpose, and it must not be started meanwhile.
   */
  private <T> T use(Use<T> use) throws IOException {
    Whereabouts running = instance.whereabouts();
    if (running.workload().isPresent()) {
      return use.of(instance.site.walls().files(running));
    }
    return instance.atOnce(
        () -> {
          Whereabouts at = instance.whereabouts();
          Files.createDirectories(at.folder().upper());
          Files.createDirectories(at.folder().work());
          String holder = "files-" + instance.id();
          instance.site.volumes().hold(at.record().mounts(), holder);
          try {
            return use.of(instance.site.walls().files(at));
          } finally {
            instance.site.volumes().letGo(at.record().mounts(), holder);
          }
        });
  }

  FileStat fileStat(String path) throws IOException {
    return use(files -> files.stat(path));
  }

  void copyOut(String path, OutputStream tar) throws IOException {
    use(
        files -> {
          files.copyOut(path, tar);
          return true;
        });
    instance.publish("archive-path");
  }

  void copyIn(String path, InputStream tar, boolean keepTypes, boolean keepOwners)
      throws IOException {
    use(
        files -> {
          files.copyIn(path, tar, keepTypes, keepOwners ? Optional.empty() : Optional.of(ROOT));
          return true;
        });
    instance.publish("extract-to-dir");
  }

  void export(OutputStream tar) throws IOException {
    use(
        files -> {
          files.export(tar);
          return true;
        });
    instance.publish("export");
  }

  List<Change> changes() throws IOException {
    Whereabouts at = instance.whereabouts();
    if (!Files.exists(at.folder().upper())) {
      return List.of();
    }
    if (at.record().spec().isolation() == Isolation.VM && at.workload().isEmpty()) {
      // Its disk is looked into by a machine of its own, and it must not be started meanwhile.
      return instance.atOnce(() -> instance.site.walls().written(instance.whereabouts()).changes());
    }
    return instance.site.walls().written(at).changes();
  }

  long writableLayerBytes() throws IOException {
    Whereabouts at = instance.whereabouts();
    return Files.exists(at.folder().upper()) ? instance.site.walls().written(at).sizeBytes() : 0;
  }

  Image commit(
      Optional<Reference> name, String author, String message, List<String> changes, boolean pause)
      throws IOException {
    return instance.atOnce(
        () -> {
          Site site = instance.site;
          Whereabouts at = instance.whereabouts();
          Files.createDirectories(at.folder().upper());
          WrittenFiles written = site.walls().written(at);
          Image parent = site.images().require(at.record().imageId().toString());
          ImageConfig config = CommittedConfig.of(parent.config(), at.record().spec(), changes);
          // What runs in a machine is asked for its files, and a frozen one does not answer.
          boolean frozen =
              pause
                  && instance.now().status() == InstanceStatus.RUNNING
                  && at.record().spec().isolation() == Isolation.CONTAINER;
          if (frozen) {
            site.walls().freeze(instance.id());
          }
          Image image;
          try (WrittenFiles.Layer layer = written.layer()) {
            image =
                site.images()
                    .commit(Optional.of(parent), layer.folder(), config, name, author, message);
          } finally {
            if (frozen) {
              site.walls().thaw(instance.id());
            }
          }
          instance.publish(
              "commit",
              Map.of(
                  "comment",
                  message,
                  "imageID",
                  image.id().toString(),
                  "imageRef",
                  name.map(Reference::toString).orElse("")));
          return image;
        });
  }
}
