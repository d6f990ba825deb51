package dev.abode.docker.image;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.http.Query;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.route.Call;
import dev.abode.engine.Engine;
import dev.abode.image.Credentials;
import dev.abode.image.Image;
import dev.abode.image.Platform;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Images in and out: pull, push, import, load, save. */
final class ImageTransfer {
  private static final String TAR = "application/x-tar";

  private final Engine engine;
  private final ImageEvents events;

  ImageTransfer(Engine engine, ImageEvents events) {
    this.engine = engine;
    this.events = events;
  }

  /** {@code POST /images/create}: pull, or import of a root file system. */
  void create(Call call) throws IOException {
    Query query = call.query();
    if (query.text("fromImage").isPresent()) {
      pull(call);
    } else if (query.text("fromSrc").isPresent()) {
      importRootfs(call);
    } else {
      throw ApiException.invalid("either fromImage or fromSrc must be given");
    }
  }

  // ---- pull

  private void pull(Call call) throws IOException {
    Query query = call.query();
    Reference reference = reference(query.text("fromImage").orElseThrow(), query.text("tag"));
    Credentials credentials = RegistryAuth.header(call.exchange().field("X-Registry-Auth"));
    ProgressLines lines = new ProgressLines(call.exchange());
    lines.during(
        () -> {
          Image image =
              engine.images().pull(reference, ImageRoutes.platform(query), credentials, lines);
          events.transferred("pull", reference, image);
        });
  }

  private static Reference reference(String name, Optional<String> tag) {
    if (tag.isEmpty()) {
      return Reference.parse(name);
    }
    // A digest comes as a tag too.
    return Reference.parse(name + (tag.get().contains(":") ? "@" : ":") + tag.get());
  }

  // ---- import

  private void importRootfs(Call call) throws IOException {
    Query query = call.query();
    if (!query.text("fromSrc").orElse("").equals("-")) {
      throw ApiException.unsupported(
          "importing from a URL is not supported; download it and send it: curl URL | docker import"
              + " - NAME");
    }
    Optional<Reference> name =
        query.text("repo").map(repository -> reference(repository, query.text("tag")));
    List<String> changes = new ArrayList<>();
    query.all("changes").forEach(lines -> lines.lines().forEach(changes::add));
    Platform platform = ImageRoutes.platform(query).orElseGet(Platform::host);
    ProgressLines lines = new ProgressLines(call.exchange());
    lines.during(
        () -> {
          Image image =
              engine
                  .images()
                  .importRootfs(
                      call.exchange().body(),
                      name,
                      changes,
                      query.text("message").orElse(""),
                      platform);
          events.done("import", image, image.id().toString());
          lines.report("", image.id().toString(), 0, 0);
        });
  }

  // ---- load and save

  void load(Call call) throws IOException {
    boolean quiet = call.query().flag("quiet");
    if (call.query().all("platform").size() > 1) {
      throw ApiException.invalid(
          "the store keeps an image for one platform; load the archive for one of them");
    }
    Optional<Platform> platform = ImageRoutes.platform(call.query());
    ProgressLines lines = new ProgressLines(call.exchange());
    lines.during(
        () -> {
          List<Image> images =
              engine.images().load(call.exchange().body(), platform, quiet ? Progress.NONE : lines);
          for (Image image : images) {
            events.done("load", image, image.id().toString());
            for (String line : loaded(image)) {
              lines.line(new JsonDocument().with("stream", line + "\n"));
            }
          }
        });
  }

  private static List<String> loaded(Image image) {
    List<String> tags = ImageDocuments.tags(image);
    return tags.isEmpty()
        ? List.of("Loaded image ID: " + image.id())
        : tags.stream().map(tag -> "Loaded image: " + tag).toList();
  }

  void saveOne(Call call) throws IOException {
    save(call, List.of(call.parameter("name")));
  }

  void saveMany(Call call) throws IOException {
    List<String> names = call.query().all("names");
    if (names.isEmpty()) {
      throw ApiException.invalid("no images to save: the parameter names is missing");
    }
    save(call, names);
  }

  private void save(Call call, List<String> names) throws IOException {
    List<Image> images = new ArrayList<>();
    for (String name : names) {
      Image image = engine.images().require(name);
      ImageRoutes.requirePlatforms(image, name, call.query());
      images.add(image);
    }
    engine.images().save(names, call.exchange().stream(200, TAR));
    images.forEach(image -> events.done("save", image, image.id().toString()));
  }

  // ---- push

  /** Without a tag, all names of that repository go. */
  void push(Call call) throws IOException {
    String name = call.parameter("name");
    Reference asked = reference(name, call.query().text("tag"));
    boolean all = call.query().text("tag").isEmpty() && !isTagged(name);
    List<Reference> references = all ? namesIn(asked) : List.of(asked);
    if (references.isEmpty()) {
      throw ApiException.notFound(
          "An image does not exist locally with the tag: " + asked.familiarName());
    }
    references.forEach(reference -> engine.images().require(reference.familiar()));
    Credentials credentials = RegistryAuth.header(call.exchange().field("X-Registry-Auth"));
    ProgressLines lines = new ProgressLines(call.exchange());
    lines.during(
        () -> {
          for (Reference reference : references) {
            push(reference, credentials, lines);
          }
        });
  }

  private static boolean isTagged(String name) {
    return name.indexOf('@') >= 0 || name.lastIndexOf(':') > name.lastIndexOf('/');
  }

  private List<Reference> namesIn(Reference repository) {
    return engine.images().list().stream()
        .flatMap(image -> image.references().stream())
        .filter(name -> name.tag().isPresent() && name.digest().isEmpty())
        .filter(name -> name.familiarName().equals(repository.familiarName()))
        .toList();
  }

  private void push(Reference reference, Credentials credentials, ProgressLines lines)
      throws IOException {
    Image image = engine.images().require(reference.familiar());
    engine.images().push(reference, credentials, lines);
    events.transferred("push", reference, image);
    lines.line(
        new JsonDocument()
            .with("progressDetail", new JsonDocument())
            .with(
                "aux",
                new JsonDocument()
                    .with("Tag", reference.tag().orElse(""))
                    .with("Digest", image.manifest().digest().toString())
                    .with("Size", image.manifest().sizeBytes())));
  }
}
