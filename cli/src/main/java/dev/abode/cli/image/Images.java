package dev.abode.cli.image;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Filters;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Listing;
import dev.abode.cli.format.Words;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** {@code abode images}. */
public final class Images implements Verb {
  private static final String NONE = "<none>";
  private static final Listing PLAIN =
      Listing.of(
          "Repository",
          "REPOSITORY",
          "Tag",
          "TAG",
          "ID",
          "IMAGE ID",
          "CreatedSince",
          "CREATED",
          "Size",
          "SIZE");
  private static final Listing WITH_DIGESTS =
      Listing.of(
          "Repository",
          "REPOSITORY",
          "Tag",
          "TAG",
          "Digest",
          "DIGEST",
          "ID",
          "IMAGE ID",
          "CreatedSince",
          "CREATED",
          "Size",
          "SIZE");

  @Override
  public Syntax syntax() {
    return Syntax.of("images", "[OPTIONS] [REPOSITORY[:TAG]]", "List images")
        .flag('a', "all", "Intermediate ones as well")
        .flag("digests", "Show digests")
        .many(
            'f',
            "filter",
            "KEY=VALUE",
            "Only those that match: reference, dangling, label, before, since")
        .one("format", "FORMAT", "table, json, or a Go template")
        .flag("no-trunc", "Do not shorten")
        .flag('q', "quiet", "Only IDs")
        .takes(0, 1)
        .example("abode images --format '{{.Repository}}:{{.Tag}} {{.Size}}'");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    Filters filters = Filters.of(arguments.all("filter"));
    arguments.operands().forEach(reference -> filters.add("reference", reference));
    List<Json> images =
        session
            .api()
            .get(
                ApiClient.query(
                    "/images/json",
                    "all",
                    arguments.isOn("all") ? "1" : "",
                    "digests",
                    "1",
                    "filters",
                    filters.query()))
            .json()
            .items();
    boolean whole = arguments.isOn("no-trunc");
    boolean digests =
        arguments.isOn("digests") || arguments.value("format", "").contains(".Digest");
    List<Json> rows = new ArrayList<>();
    for (Json image : images) {
      rows.addAll(rows(image, whole, digests));
    }
    if (arguments.isOn("quiet") && !arguments.isGiven("format")) {
      Set<String> ids = new LinkedHashSet<>();
      rows.forEach(row -> ids.add(row.text("ID")));
      ids.forEach(session.out()::println);
      return 0;
    }
    (arguments.isOn("digests") ? WITH_DIGESTS : PLAIN)
        .print(session.out(), arguments.value("format"), rows);
    return 0;
  }

  /** A row for each name of an image. */
  static List<Json> rows(Json image, boolean whole, boolean digests) {
    List<Json> rows = new ArrayList<>();
    List<String> digestsLeft = new ArrayList<>(image.texts("RepoDigests"));
    for (String name : image.texts("RepoTags")) {
      int colon = name.lastIndexOf(':');
      String repository = name.substring(0, colon);
      if (repository.equals(NONE)) {
        continue;
      }
      String digest = NONE;
      for (String candidate : List.copyOf(digestsLeft)) {
        if (candidate.startsWith(repository + "@")) {
          digest = candidate.substring(repository.length() + 1);
          digestsLeft.remove(candidate);
        }
      }
      rows.add(row(image, repository, name.substring(colon + 1), digest, whole));
    }
    if (rows.isEmpty() || digests) {
      for (String name : digestsLeft) {
        int at = name.indexOf('@');
        if (!name.startsWith(NONE)) {
          rows.add(row(image, name.substring(0, at), NONE, name.substring(at + 1), whole));
        }
      }
    }
    if (rows.isEmpty()) {
      rows.add(row(image, NONE, NONE, NONE, whole));
    }
    return rows;
  }

  private static Json row(Json image, String repository, String tag, String digest, boolean whole) {
    String id = image.text("Id");
    Instant created = Instant.ofEpochSecond(image.number("Created"));
    long containers = image.number("Containers");
    return Json.object()
        .with("Containers", containers < 0 ? "N/A" : Long.toString(containers))
        .with("CreatedAt", Words.localTime(created))
        .with("CreatedSince", Words.ago(created))
        .with("Digest", digest)
        .with("ID", whole ? id : Words.shortId(id))
        .with("Repository", repository)
        .with("SharedSize", "N/A")
        .with("Size", Words.size(image.number("Size")))
        .with("Tag", tag)
        .with("UniqueSize", "N/A")
        .with("VirtualSize", Words.size(image.number("Size")));
  }
}
