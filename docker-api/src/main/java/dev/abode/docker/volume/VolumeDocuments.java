package dev.abode.docker.volume;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.instance.VolumeInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
        .with("Labels", orNull(volume.labels()))
        .with("Mountpoint", volume.folder().toString())
        .with("Name", volume.name())
        .with("Options", orNull(volume.options()))
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
                      // Of what is kept somewhere else Docker says -1, "N/A".
                      .with("Size", engine.volumes().takenBytes(volume).orElse(-1))));
    }
    return list;
  }

  private static Object orNull(Map<String, String> map) {
    return map.isEmpty() ? JsonDocument.NULL : map;
  }
}
