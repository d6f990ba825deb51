package dev.abode.docker.volume;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.instance.VolumeInfo;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/** What clients are shown of a volume. */
public final class VolumeDocuments {
  private final Engine engine;

  public VolumeDocuments(Engine engine) {
    this.engine = engine;
  }

  static JsonDocument document(VolumeInfo volume) {
    return new JsonDocument()
        .with("CreatedAt", GoTime.text(volume.created()))
        .with("Driver", "local")
        .with("Labels", JsonDocument.NULL)
        .with("Mountpoint", volume.folder().toString())
        .with("Name", volume.name())
        .with("Options", JsonDocument.NULL)
        .with("Scope", "local");
  }

  /** All volumes with what they take on disk, for {@code docker system df}. */
  public List<JsonDocument> withUsage() throws IOException {
    List<JsonDocument> list = new ArrayList<>();
    for (VolumeInfo volume : engine.volumes().list()) {
      list.add(
          document(volume)
              .with(
                  "UsageData",
                  new JsonDocument()
                      .with("RefCount", engine.volumes().users(volume.name()).size())
                      .with("Size", sizeBytes(volume.folder()))));
    }
    return list;
  }

  /** Bytes of all files in it; a file that goes while we look counts nothing. */
  static long sizeBytes(Path folder) throws IOException {
    long[] sum = {0};
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sum[0] += attributes.isRegularFile() ? attributes.size() : 0;
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException gone) {
            return FileVisitResult.CONTINUE;
          }
        });
    return sum[0];
  }
}
