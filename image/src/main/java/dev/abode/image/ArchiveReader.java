package dev.abode.image;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarReader;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads images from archives and layouts. An archive is a stream whose table of contents comes
 * last, so every file of it goes straight into the content store, where it would end up anyway, and
 * the rest is looking up what was remembered by name. What turns out to be needless is collected by
 * the caller.
 */
final class ArchiveReader {
  private static final int MOST_LINKS = 16;

  private final BlobFolder.Lease blobs;
  private final UnpackLimits limits;

  ArchiveReader(BlobFolder.Lease blobs, UnpackLimits limits) {
    this.blobs = blobs;
    this.limits = limits;
  }

  /** An image found: its manifest, now in the store with all it refers to, and its names. */
  record Found(Descriptor manifest, List<Reference> names) {
    Found {
      names = List.copyOf(names);
    }
  }

  /** Files by path, wherever they are. */
  private interface Contents {
    Optional<Descriptor> file(String path) throws IOException;

    /** A file that has to be there. */
    default Descriptor require(String path) throws IOException {
      return file(path)
          .orElseThrow(
              () -> invalid("the archive speaks of " + TreeWriter.shown(path) + ", but lacks it"));
    }
  }

  /** Reads a tar in one of the known forms. */
  List<Found> readArchive(InputStream archive, Optional<Platform> platform) throws IOException {
    Map<String, Descriptor> files = new HashMap<>();
    Map<String, String> links = new HashMap<>();
    try {
      InputStream unpacked =
          Compression.unpack(
              new BufferedInputStream(archive, 128 * 1024), limits, blobs.roomBytes());
      TarReader reader = new TarReader(unpacked, limits.tar());
      Optional<TarEntry> next = reader.next();
      while (next.isPresent()) {
        TarEntry entry = next.get();
        String name = EntryPath.of(entry.name()).toString();
        switch (entry.type()) {
          case FILE -> files.put(name, blobs.put("", reader.content(), Long.MAX_VALUE));
          case HARD_LINK -> links.put(name, EntryPath.of(entry.linkTarget()).toString());
          case SYMBOLIC_LINK ->
              links.put(name, EntryPath.of(name + "/../" + entry.linkTarget()).toString());
          case DIRECTORY, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> {}
        }
        next = reader.next();
      }
    } catch (IOException e) {
      throw TreeArchive.translated(e);
    }
    return read(
        path -> {
          String at = path;
          for (int i = 0; i < MOST_LINKS && links.containsKey(at); i++) {
            at = links.getOrDefault(at, at);
          }
          return Optional.ofNullable(files.get(at));
        },
        platform);
  }

  /** Reads an OCI layout folder. */
  List<Found> readLayout(Path layout, Optional<Platform> platform) throws IOException {
    return read(
        path -> {
          Path file = layout.resolve(path);
          // A layout is given by a user of this machine; still, nothing outside it is meant.
          if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
          }
          try (InputStream content = Files.newInputStream(file)) {
            return Optional.of(blobs.put("", content, limits.totalBytes()));
          }
        },
        platform);
  }

  private List<Found> read(Contents contents, Optional<Platform> platform) throws IOException {
    Optional<Descriptor> index = contents.file("index.json");
    Optional<Descriptor> list = contents.file("manifest.json");
    if (index.isPresent()) {
      List<Found> found = readIndex(contents, index.get(), platform);
      return list.isPresent() ? named(contents, list.get(), found) : found;
    }
    if (list.isPresent()) {
      return readDocker(contents, list.get());
    }
    if (contents.file("repositories").isPresent()) {
      throw new ImageException(
          ImageException.Kind.UNSUPPORTED,
          "this archive was saved by a Docker before 1.10, without the digests that images are"
              + " checked by; load and save it again with a newer Docker");
    }
    throw invalid(
        "this is not an image archive: it has neither index.json nor manifest.json; use import for"
            + " the tar of a root file system");
  }

  /**
   * {@code docker save} writes an OCI layout since 25, but keeps the names in its own list: they
   * are matched by configuration.
   */
  private List<Found> named(Contents contents, Descriptor list, List<Found> found)
      throws IOException {
    Map<Digest, List<Reference>> names = new HashMap<>();
    for (JsonObject image : dockerList(list)) {
      Optional<Descriptor> config = contents.file(path(image.required("Config")));
      if (config.isPresent()) {
        names
            .computeIfAbsent(config.get().digest(), d -> new ArrayList<>())
            .addAll(references(image));
      }
    }
    List<Found> all = new ArrayList<>();
    for (Found each : found) {
      Digest config = single(each.manifest()).config().digest();
      List<Reference> extra = names.getOrDefault(config, List.of());
      List<Reference> union = new ArrayList<>(each.names());
      extra.stream().filter(name -> !union.contains(name)).forEach(union::add);
      all.add(new Found(each.manifest(), union));
    }
    return all;
  }

  private List<JsonObject> dockerList(Descriptor list) throws IOException {
    return JsonObject.parseArray(
        blobs.read(list.digest(), Manifest.MOST_BYTES), "the archive's manifest.json");
  }

  private static List<Reference> references(JsonObject image) {
    return image.texts("RepoTags").stream().map(Reference::parse).toList();
  }

  private static String path(String name) {
    return EntryPath.of(name).toString();
  }

  /** {@code docker save} as it was before OCI: a list of configurations with their layers. */
  private List<Found> readDocker(Contents contents, Descriptor list) throws IOException {
    List<Found> found = new ArrayList<>();
    for (JsonObject image : dockerList(list)) {
      Descriptor config = contents.require(path(image.required("Config")));
      List<Descriptor> layers = new ArrayList<>();
      for (String layer : image.texts("Layers")) {
        layers.add(contents.require(path(layer)));
      }
      found.add(new Found(writeManifest(config, layers), references(image)));
    }
    return found;
  }

  /** Such archives have no manifest; one is made, always the same for the same content. */
  private Descriptor writeManifest(Descriptor config, List<Descriptor> layers) throws IOException {
    List<Descriptor> typed = new ArrayList<>();
    for (Descriptor layer : layers) {
      typed.add(new Descriptor(layerType(layer.digest()), layer.digest(), layer.sizeBytes()));
    }
    byte[] manifest =
        ManifestWriter.write(
            new Descriptor(Manifest.OCI_CONFIG, config.digest(), config.sizeBytes()), typed);
    return blobs.put(
        Manifest.OCI_MANIFEST, new ByteArrayInputStream(manifest), Manifest.MOST_BYTES);
  }

  private String layerType(Digest layer) throws IOException {
    try (InputStream content = Files.newInputStream(blobs.path(layer))) {
      return ManifestWriter.layerType(Compression.detect(content).compression());
    }
  }

  /**
   * Images of an OCI index: entries that share a name, or have none, are one image for several
   * platforms.
   */
  private List<Found> readIndex(Contents contents, Descriptor file, Optional<Platform> platform)
      throws IOException {
    String name = "the archive's index.json";
    Manifest parsed = Manifest.parse(blobs.read(file.digest(), Manifest.MOST_BYTES), name);
    if (!(parsed instanceof Manifest.Index index)) {
      throw invalid(name + " is not an index");
    }
    Map<String, List<Descriptor>> images = new LinkedHashMap<>();
    int unnamed = 0;
    for (Descriptor entry : index.manifests()) {
      String key = nameOf(entry).orElse("");
      if (key.isEmpty() && entry.platform().isEmpty()) {
        // Neither a name nor a platform to choose by: an image of its own.
        key = "#" + unnamed++;
      }
      images.computeIfAbsent(key, k -> new ArrayList<>()).add(entry);
    }
    List<Found> found = new ArrayList<>();
    for (Map.Entry<String, List<Descriptor>> image : images.entrySet()) {
      Descriptor manifest =
          choose(contents, image.getValue(), platform, 0)
              .orElseThrow(
                  () ->
                      new ImageException(
                          ImageException.Kind.NOT_FOUND,
                          "the archive holds no image for "
                              + platform.orElse(Platform.host())
                              + ", only for "
                              + platforms(image.getValue())));
      found.add(new Found(manifest, reference(image.getKey())));
    }
    return merged(found);
  }

  /** An image with several names is listed once for each. */
  private static List<Found> merged(List<Found> found) {
    Map<Digest, Found> byManifest = new LinkedHashMap<>();
    for (Found each : found) {
      byManifest.merge(
          each.manifest().digest(),
          each,
          (a, b) -> {
            List<Reference> names = new ArrayList<>(a.names());
            b.names().stream().filter(name -> !names.contains(name)).forEach(names::add);
            return new Found(a.manifest(), names);
          });
    }
    return List.copyOf(byManifest.values());
  }

  private static String platforms(List<Descriptor> manifests) {
    List<String> all = new ArrayList<>();
    for (Descriptor manifest : manifests) {
      all.add(manifest.platform().map(Platform::toString).orElse("an unnamed platform"));
    }
    return all.isEmpty() ? "none" : String.join(", ", all);
  }

  private static Optional<String> nameOf(Descriptor entry) {
    // containerd writes the whole name; the OCI annotation may be a mere tag.
    Optional<String> whole =
        Optional.ofNullable(entry.annotations().get("io.containerd.image.name"));
    return whole.isPresent()
        ? whole
        : Optional.ofNullable(entry.annotations().get("org.opencontainers.image.ref.name"));
  }

  /** A bare tag names no repository, so it is no name by itself. */
  private static List<Reference> reference(String name) {
    if (!name.contains("/") && !name.contains(":")) {
      return List.of();
    }
    try {
      return List.of(Reference.parse(name));
    } catch (ImageException e) {
      // An annotation is free text; the image is of use without a name.
      return List.of();
    }
  }

  private static final int DEEPEST_INDEX = 4;

  /**
   * The one manifest of several: for the platform asked for or this machine's; if none was asked
   * for, the only one there is, or the first.
   */
  private Optional<Descriptor> choose(
      Contents contents, List<Descriptor> entries, Optional<Platform> platform, int depth)
      throws IOException {
    if (depth > DEEPEST_INDEX) {
      throw invalid("the archive nests indexes deeper than " + DEEPEST_INDEX);
    }
    List<Descriptor> images = entries.stream().filter(entry -> !isAttestation(entry)).toList();
    Platform wanted = platform.orElse(Platform.host());
    Manifest.Index index = new Manifest.Index(Manifest.OCI_INDEX, images);
    Optional<Descriptor> chosen = index.choose(wanted);
    if (chosen.isEmpty()) {
      chosen = images.stream().filter(entry -> entry.platform().isEmpty()).findFirst();
    }
    if (chosen.isEmpty() && platform.isEmpty()) {
      // Only for other machines: it loads, and says so when it is to run.
      chosen = images.stream().findFirst();
    }
    if (chosen.isEmpty()) {
      return Optional.empty();
    }
    Descriptor descriptor = fetch(contents, chosen.get());
    String name = "the manifest " + descriptor.digest();
    return switch (Manifest.parse(blobs.read(descriptor.digest(), Manifest.MOST_BYTES), name)) {
      case Manifest.Index nested -> choose(contents, nested.manifests(), platform, depth + 1);
      case Manifest.Single single -> {
        Descriptor config = fetch(contents, single.config());
        for (Descriptor layer : single.layers()) {
          Descriptor _ = fetch(contents, layer);
        }
        requirePlatform(config, platform);
        yield Optional.of(
            new Descriptor(single.mediaType(), descriptor.digest(), descriptor.sizeBytes()));
      }
    };
  }

  /** An entry without a platform says it only in its configuration. */
  private void requirePlatform(Descriptor config, Optional<Platform> platform) throws IOException {
    if (platform.isEmpty()) {
      return;
    }
    ImageConfig read =
        ConfigDocument.read(
            blobs.read(config.digest(), Manifest.MOST_BYTES),
            "the image configuration " + config.digest());
    if (!read.platform().runsOn(platform.get())) {
      throw new ImageException(
          ImageException.Kind.NOT_FOUND,
          "the archive holds no image for " + platform.get() + ", only for " + read.platform());
    }
  }

  private static boolean isAttestation(Descriptor entry) {
    return entry.annotations().containsKey("vnd.docker.reference.type")
        || entry.platform().filter(p -> p.os().equals("unknown")).isPresent();
  }

  /** Content by digest: from the archive, verified, or from the store if it is there already. */
  private Descriptor fetch(Contents contents, Descriptor wanted) throws IOException {
    Digest digest = wanted.digest();
    Optional<Descriptor> file = contents.file("blobs/" + digest.algorithm() + "/" + digest.hex());
    Optional<Long> size = blobs.size(digest);
    if (file.isPresent() && digest.algorithm().equals("sha512") && size.isEmpty()) {
      // Files were stored under their SHA-256; this one is asked for by its SHA-512.
      try (InputStream content = Files.newInputStream(blobs.path(file.get().digest()))) {
        blobs.put(digest, wanted.sizeBytes(), content);
      }
    } else if (file.isPresent()
        && !file.get().digest().equals(digest)
        && digest.algorithm().equals("sha256")) {
      throw invalid("the archive's content named " + digest + " is " + file.get().digest());
    }
    long present =
        blobs
            .size(digest)
            .orElseThrow(() -> invalid("the archive speaks of " + digest + ", but lacks it"));
    if (present != wanted.sizeBytes()) {
      throw invalid(
          "the archive says "
              + digest
              + " has "
              + wanted.sizeBytes()
              + " bytes, but it has "
              + present);
    }
    return wanted;
  }

  private Manifest.Single single(Descriptor manifest) throws IOException {
    String name = "the manifest " + manifest.digest();
    if (Manifest.parse(blobs.read(manifest.digest(), Manifest.MOST_BYTES), name)
        instanceof Manifest.Single single) {
      return single;
    }
    throw invalid(name + " is an index where one image is wanted");
  }

  private static ImageException invalid(String message) {
    return new ImageException(ImageException.Kind.INVALID_ARGUMENT, message);
  }
}
