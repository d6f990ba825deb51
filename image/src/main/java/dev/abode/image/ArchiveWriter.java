package dev.abode.image;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarWriter;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Writes images as one tar with two tables of contents: {@code index.json} of an OCI layout, and
 * the {@code manifest.json} of {@code docker save}, both pointing into {@code blobs/}. The same
 * images give the same bytes.
 */
final class ArchiveWriter {
  private static final String LAYOUT = "{\"imageLayoutVersion\":\"1.0.0\"}";

  private final ImageStore store;
  private final BlobFolder.Lease blobs;

  ArchiveWriter(ImageStore store, BlobFolder.Lease blobs) {
    this.store = store;
    this.blobs = blobs;
  }

  /** An image and which of its names go with it. */
  private record Chosen(Image image, List<Reference> names) {}

  void write(List<String> namesOrIds, OutputStream archive) throws IOException {
    List<Chosen> chosen = choose(namesOrIds);
    Map<String, Digest> content = new TreeMap<>();
    for (Chosen each : chosen) {
      add(content, each.image().manifest().digest());
      add(content, each.image().id());
      each.image().layers().forEach(layer -> add(content, layer.digest()));
    }
    OutputStream out = new BufferedOutputStream(archive, 128 * 1024);
    TarWriter tar = new TarWriter(out);
    folder(tar, "blobs/");
    String algorithm = "";
    for (Map.Entry<String, Digest> file : content.entrySet()) {
      if (!file.getValue().algorithm().equals(algorithm)) {
        algorithm = file.getValue().algorithm();
        folder(tar, "blobs/" + algorithm + "/");
      }
      try (InputStream blob = Channels.newInputStream(blobs.open(file.getValue()))) {
        file(tar, file.getKey(), blobs.size(file.getValue()).orElse(0L), blob);
      }
    }
    document(tar, "index.json", JsonObject.write(index(chosen)));
    document(tar, "manifest.json", JsonObject.write(chosen.stream().map(this::docker).toList()));
    document(tar, "oci-layout", LAYOUT.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    tar.finish();
    out.flush();
  }

  private void add(Map<String, Digest> content, Digest digest) {
    blobs.pin(digest);
    content.put(path(digest), digest);
  }

  private static String path(Digest digest) {
    return "blobs/" + digest.algorithm() + "/" + digest.hex();
  }

  private List<Chosen> choose(List<String> namesOrIds) {
    Map<Digest, Chosen> chosen = new LinkedHashMap<>();
    for (String wanted : namesOrIds) {
      List<Chosen> matches = matches(wanted);
      if (matches.isEmpty()) {
        throw new ImageException(ImageException.Kind.NOT_FOUND, "No such image: " + wanted);
      }
      for (Chosen match : matches) {
        chosen.merge(
            match.image().id(),
            match,
            (a, b) -> {
              List<Reference> names = new ArrayList<>(a.names());
              b.names().stream().filter(name -> !names.contains(name)).forEach(names::add);
              return new Chosen(a.image(), names);
            });
      }
    }
    return List.copyOf(chosen.values());
  }

  private List<Chosen> matches(String wanted) {
    Optional<Reference> name = NameLookup.parse(wanted);
    boolean bare = !wanted.contains("@") && wanted.lastIndexOf(':') <= wanted.lastIndexOf('/');
    if (bare && name.isPresent()) {
      List<Chosen> all = new ArrayList<>();
      for (ImageRecords.Entry entry : store.records.entries().values()) {
        List<Reference> tags =
            entry.names().stream()
                .filter(
                    n ->
                        n.digest().isEmpty()
                            && n.registry().equals(name.get().registry())
                            && n.repository().equals(name.get().repository()))
                .toList();
        if (!tags.isEmpty()) {
          store.image(entry).ifPresent(image -> all.add(new Chosen(image, tags)));
        }
      }
      if (!all.isEmpty()) {
        return all;
      }
    }
    return NameLookup.find(store.records.entries().values(), wanted)
        .flatMap(
            entry ->
                store
                    .image(entry)
                    .map(
                        image ->
                            new Chosen(
                                image, NameLookup.isId(entry, wanted) ? List.of() : tag(name))))
        .stream()
        .toList();
  }

  private static List<Reference> tag(Optional<Reference> name) {
    return name.filter(n -> n.digest().isEmpty()).stream().toList();
  }

  private static Map<String, Object> index(List<Chosen> chosen) {
    List<Object> manifests = new ArrayList<>();
    for (Chosen each : chosen) {
      Descriptor manifest = each.image().manifest();
      Optional<Platform> platform = Optional.of(each.image().config().platform());
      if (each.names().isEmpty()) {
        manifests.add(described(manifest, platform, Map.of()));
      }
      for (Reference name : each.names()) {
        Map<String, String> annotations = new TreeMap<>();
        annotations.put("io.containerd.image.name", name.toString());
        annotations.put("org.opencontainers.image.ref.name", name.tag().orElse("latest"));
        manifests.add(described(manifest, platform, annotations));
      }
    }
    Map<String, Object> index = new LinkedHashMap<>();
    index.put("schemaVersion", 2);
    index.put("mediaType", Manifest.OCI_INDEX);
    index.put("manifests", manifests);
    return index;
  }

  private static Map<String, Object> described(
      Descriptor manifest, Optional<Platform> platform, Map<String, String> annotations) {
    return ManifestWriter.descriptor(
        new Descriptor(
            manifest.mediaType(), manifest.digest(), manifest.sizeBytes(), platform, annotations));
  }

  private Map<String, Object> docker(Chosen chosen) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("Config", path(chosen.image().id()));
    entry.put("RepoTags", chosen.names().stream().map(Reference::familiar).toList());
    entry.put(
        "Layers", chosen.image().layers().stream().map(layer -> path(layer.digest())).toList());
    return entry;
  }

  private static void folder(TarWriter tar, String path) throws IOException {
    tar.write(entry(path, TarEntry.Type.DIRECTORY, 0755, 0), InputStream.nullInputStream());
  }

  private static void document(TarWriter tar, String path, byte[] content) throws IOException {
    file(tar, path, content.length, new ByteArrayInputStream(content));
  }

  private static void file(TarWriter tar, String path, long size, InputStream content)
      throws IOException {
    tar.write(entry(path, TarEntry.Type.FILE, 0644, size), content);
  }

  private static TarEntry entry(String path, TarEntry.Type type, int permissions, long size) {
    return new TarEntry(
        path,
        type,
        "",
        permissions,
        0,
        0,
        size,
        size == 0 ? List.of() : List.of(new TarEntry.Extent(0, size)),
        Instant.EPOCH,
        Optional.empty(),
        0,
        0,
        Map.of());
  }
}
