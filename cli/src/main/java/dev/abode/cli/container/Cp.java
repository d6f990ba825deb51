package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.http.Reply;
import dev.abode.cli.json.Json;
import dev.abode.cli.tar.HostTar;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/**
 * {@code abode cp}, with the rules {@code docker cp} has for what is put where: as {@code cp -a}, a
 * source that ends in {@code /.} meaning the content of the folder.
 */
public final class Cp implements Verb {
  private static final long GO_DIRECTORY = 1L << 31;
  private static final long GO_LINK = 1L << 27;

  /** One side of the copy. */
  private record Place(Optional<String> container, String path) {
    static Place of(String operand) {
      int colon = operand.indexOf(':');
      boolean local = colon <= 0 || operand.startsWith("/") || operand.startsWith(".");
      return local
          ? new Place(Optional.empty(), operand)
          : new Place(Optional.of(operand.substring(0, colon)), operand.substring(colon + 1));
    }
  }

  /** What the engine says of a path, in the API's words. */
  private record Status(String name, boolean isFolder, Optional<String> linkTarget) {}

  @Override
  public Syntax syntax() {
    return Syntax.of(
            "cp",
            "[OPTIONS] CONTAINER:PATH PATH|- | PATH|- CONTAINER:PATH",
            "Copy files between a container and the host")
        .flag('a', "archive", "Keep owners")
        .flag('L', "follow-link", "Follow a link that is the source")
        .flag('q', "quiet", "No message at the end")
        .takes(2, 2)
        .example("abode cp box:/etc/os-release .")
        .example("abode cp ./site/. box:/srv");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
    Place from = Place.of(arguments.operand(0));
    Place to = Place.of(arguments.operand(1));
    if (from.container().isPresent() == to.container().isPresent()) {
      throw new UsageException(
          "abode cp copies between a container and the host: one side is CONTAINER:PATH");
    }
    if (from.container().isPresent()) {
      copyOut(session, arguments, from.container().get(), from.path(), to.path());
    } else {
      copyIn(session, arguments, from.path(), to.container().orElseThrow(), to.path());
    }
    return 0;
  }

  private static void copyOut(
      Session session, Arguments arguments, String container, String source, String target)
      throws IOException, InterruptedException {
    String path = source;
    if (arguments.isOn("follow-link")) {
      path = followed(session, container, source);
    }
    try (Reply reply = session.api().get(archive(container, path))) {
      if (target.equals("-")) {
        reply.body().transferTo(session.out());
        session.out().flush();
        return;
      }
      Status status = status(reply);
      boolean content = source.endsWith("/.") || source.equals(".");
      Path place = Path.of(target).toAbsolutePath();
      boolean exists = Files.exists(place);
      if (exists && !Files.isDirectory(place) && (status.isFolder() || target.endsWith("/"))) {
        throw new IOException(
            "cannot copy " + container + ":" + source + " to " + target + ", which is no folder");
      }
      if (!exists && !status.isFolder() && target.endsWith("/")) {
        throw new IOException("cannot copy a file to " + target + ": there is no such folder");
      }
      Path folder = place;
      String name = baseName(source, status.name());
      if (exists && Files.isDirectory(place) && content) {
        name = "";
      } else if (!exists || !Files.isDirectory(place)) {
        folder = parent(place);
        name = place.getFileName().toString();
      }
      if (!Files.isDirectory(folder)) {
        throw new IOException(
            "cannot copy to " + target + ": the folder " + folder + " does not exist");
      }
      HostTar.unpack(reply.body(), status.name(), folder, name, arguments.isOn("archive"));
    }
  }

  /**
   * The name the copy gets if nobody asks for another one: that of the source as it was written.
   */
  private static String baseName(String source, String otherwise) {
    String trimmed = source.replaceFirst("(/\\.?)+$", "");
    String name = trimmed.substring(trimmed.lastIndexOf('/') + 1);
    return name.isEmpty() || name.equals(".") || name.equals("..") ? otherwise : name;
  }

  private static void copyIn(
      Session session, Arguments arguments, String source, String container, String target)
      throws IOException, InterruptedException {
    String path = followed(session, container, target.isEmpty() ? "/" : target);
    Optional<Status> there = stat(session, container, path);
    boolean intoFolder = there.map(Status::isFolder).orElse(false);
    boolean standardInput = source.equals("-");
    if (standardInput) {
      if (!intoFolder) {
        throw new IOException(
            "cannot unpack standard input to " + container + ":" + target + ", which is no folder");
      }
      put(session, arguments, container, path, session.in());
      return;
    }
    Path local = Path.of(source).toAbsolutePath();
    if (arguments.isOn("follow-link")) {
      local = local.toRealPath();
    }
    if (!Files.exists(local, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("cannot copy " + source + ": there is no such file");
    }
    boolean folder = Files.isDirectory(local, LinkOption.NOFOLLOW_LINKS);
    boolean content = source.endsWith("/.") || source.equals(".");
    if (there.isPresent() && !intoFolder && folder) {
      throw new IOException(
          "cannot copy the folder " + source + " to " + container + ":" + target + ", a file");
    }
    if (there.isEmpty() && !folder && target.endsWith("/")) {
      throw new ApiException(
          404, "cannot copy to " + container + ":" + target + ": there is no such folder");
    }
    String into = path;
    String name = local.normalize().getFileName().toString();
    if (intoFolder && content) {
      name = "";
    } else if (!intoFolder) {
      String trimmed = path.replaceFirst("/+$", "");
      int slash = trimmed.lastIndexOf('/');
      into = slash <= 0 ? "/" : trimmed.substring(0, slash);
      name = trimmed.substring(slash + 1);
    }
    try (InputStream tar = HostTar.pack(local.normalize(), name)) {
      put(session, arguments, container, into, tar);
    }
  }

  private static void put(
      Session session, Arguments arguments, String container, String path, InputStream tar)
      throws IOException {
    session
        .api()
        .send(
            "PUT",
            ApiClient.query(
                LifecycleVerbs.path(container, "archive"),
                "path",
                path,
                "noOverwriteDirNonDir",
                "1",
                "copyUIDGID",
                arguments.isOn("archive") ? "1" : ""),
            Map.of(),
            ApiClient.Body.tar(tar))
        .close();
  }

  /**
   * A path whose last name is a link leads to where the link leads; one step is all Docker takes.
   */
  private static String followed(Session session, String container, String path)
      throws IOException {
    Optional<String> target = stat(session, container, path).flatMap(Status::linkTarget);
    if (target.isEmpty()) {
      return path;
    }
    String link = path.replaceFirst("/+$", "");
    return target.get().startsWith("/")
        ? target.get()
        : link.substring(0, link.lastIndexOf('/') + 1) + target.get();
  }

  private static Optional<Status> stat(Session session, String container, String path)
      throws IOException {
    try (Reply reply =
        session.api().send("HEAD", archive(container, path), Map.of(), ApiClient.Body.none())) {
      return Optional.of(status(reply));
    } catch (ApiException refused) {
      if (refused.status() != 404) {
        throw refused;
      }
      // HEAD has no body: whether the container or the path is missing is told by the next call.
      session.api().get(LifecycleVerbs.path(container, "json")).close();
      return Optional.empty();
    }
  }

  private static Status status(Reply reply) {
    Json stat =
        Json.parse(
            new String(
                Base64.getDecoder().decode(reply.header("x-docker-container-path-stat")),
                StandardCharsets.UTF_8));
    long mode = stat.number("mode");
    return new Status(
        stat.text("name"),
        (mode & GO_DIRECTORY) != 0,
        (mode & GO_LINK) != 0 ? stat.nonEmptyText("linkTarget") : Optional.empty());
  }

  private static String archive(String container, String path) {
    return ApiClient.query(LifecycleVerbs.path(container, "archive"), "path", path);
  }

  private static Path parent(Path path) {
    Path parent = path.getParent();
    return parent == null ? path : parent;
  }
}
