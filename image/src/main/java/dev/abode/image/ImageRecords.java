package dev.abode.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * Which images there are and how they are called: {@code images.json}, written whole and renamed.
 * Readers see one consistent state; writers take turns.
 */
final class ImageRecords {
  private static final String FILE = "images.json";

  private final Path file;
  private final Object writing = new Object();
  private volatile Map<Digest, Entry> entries;

  /**
   * One image.
   *
   * @param id digest of the configuration
   * @param names in order of their text
   */
  record Entry(Digest id, Descriptor manifest, List<Reference> names) {
    Entry {
      names = List.copyOf(names);
    }

    private Entry with(Set<String> texts) {
      return new Entry(id, manifest, texts.stream().map(Reference::parse).toList());
    }

    Entry named(Reference name) {
      Set<String> texts = texts();
      texts.add(name.toString());
      return with(texts);
    }

    Entry without(Reference name) {
      Set<String> texts = texts();
      texts.remove(name.toString());
      return with(texts);
    }

    private Set<String> texts() {
      Set<String> texts = new TreeSet<>();
      names.forEach(name -> texts.add(name.toString()));
      return texts;
    }
  }

  private ImageRecords(Path file, Map<Digest, Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  static ImageRecords open(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    Map<Digest, Entry> entries = new LinkedHashMap<>();
    if (Files.exists(file)) {
      JsonObject document = JsonObject.parse(Files.readAllBytes(file), file.toString());
      for (JsonObject each : document.objects("images")) {
        Digest id = Digest.parse(each.required("id"));
        JsonObject manifest = each.object("manifest").orElseThrow();
        Descriptor descriptor =
            new Descriptor(
                manifest.text("mediaType").orElse(""),
                Digest.parse(manifest.required("digest")),
                manifest.number("size").orElse(0L));
        List<Reference> names = each.texts("names").stream().map(Reference::parse).toList();
        entries.put(id, new Entry(id, descriptor, names));
      }
    }
    return new ImageRecords(file, entries);
  }

  /** All images as they are now; the map does not change. */
  Map<Digest, Entry> entries() {
    return entries;
  }

  Optional<Entry> find(Digest id) {
    return Optional.ofNullable(entries.get(id));
  }

  /** Changes the records; what {@code change} leaves in the map is on disk when this returns. */
  void change(UnaryOperator<Map<Digest, Entry>> change) throws IOException {
    synchronized (writing) {
      Map<Digest, Entry> changed = change.apply(new LinkedHashMap<>(entries));
      if (!changed.equals(entries)) {
        DurableFiles.replace(file, write(changed));
        entries = changed;
      }
    }
  }

  private static byte[] write(Map<Digest, Entry> entries) {
    List<Object> images = new ArrayList<>();
    for (Entry entry : entries.values()) {
      Map<String, Object> manifest = new LinkedHashMap<>();
      manifest.put("mediaType", entry.manifest().mediaType());
      manifest.put("digest", entry.manifest().digest().toString());
      manifest.put("size", entry.manifest().sizeBytes());
      Map<String, Object> image = new LinkedHashMap<>();
      image.put("id", entry.id().toString());
      image.put("manifest", manifest);
      image.put("names", entry.names().stream().map(Reference::toString).toList());
      images.add(image);
    }
    return JsonObject.write(Map.of("images", images));
  }

  /** Adds an image, or its new manifest, and takes {@code names} from whoever has them. */
  void add(Digest id, Descriptor manifest, List<Reference> names) throws IOException {
    change(
        all -> {
          for (Reference name : names) {
            all.replaceAll((other, entry) -> other.equals(id) ? entry : entry.without(name));
          }
          Entry entry = all.get(id);
          Entry added = new Entry(id, manifest, entry == null ? List.of() : entry.names());
          for (Reference name : names) {
            added = added.named(name);
          }
          all.put(id, added);
          return all;
        });
  }
}
