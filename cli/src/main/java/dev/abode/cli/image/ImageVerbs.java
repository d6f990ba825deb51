package dev.abode.cli.image;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.ArchiveOutput;
import dev.abode.cli.command.Confirmation;
import dev.abode.cli.command.EachVerb;
import dev.abode.cli.command.Filters;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.Reply;
import dev.abode.cli.json.Json;
import dev.abode.cli.prune.Pruning;
import dev.abode.cli.tar.HostTar;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Verbs on images that are one question and its answer. */
public final class ImageVerbs {
  private ImageVerbs() {}

  public static Verb tag() {
    return new OneVerb(
        Syntax.of("tag", "SOURCE[:TAG] TARGET[:TAG]", "Give an image one more name")
            .takes(2, 2)
            .example("abode tag alpine localhost:5000/alpine:mine"),
        (session, arguments) -> {
          String target = arguments.operand(1);
          int colon = target.lastIndexOf(':');
          boolean tagged = colon > target.lastIndexOf('/');
          session
              .api()
              .post(
                  ApiClient.query(
                      path(arguments.operand(0), "/tag"),
                      "repo",
                      tagged ? target.substring(0, colon) : target,
                      "tag",
                      tagged ? target.substring(colon + 1) : "latest"))
              .close();
        });
  }

  public static Verb remove() {
    return new EachVerb(
        Syntax.of("rmi", "[OPTIONS] IMAGE [IMAGE...]", "Remove one or more images")
            .flag('f', "force", "Even if other names or stopped containers use it")
            .flag("no-prune", "Keep untagged parents")
            .one("platform", "OS/ARCH", "Remove only if the image is for this platform")
            .atLeast(1)
            .example("abode rmi alpine:3.20"),
        (session, arguments, image) -> {
          Json removed =
              session
                  .api()
                  .delete(
                      ApiClient.query(
                          path(image, ""),
                          "force",
                          arguments.isOn("force") ? "1" : "",
                          "noprune",
                          arguments.isOn("no-prune") ? "1" : "",
                          "platforms",
                          arguments.value("platform", "")))
                  .json();
          for (Json one : removed.items()) {
            one.nonEmptyText("Untagged")
                .ifPresent(name -> session.out().println("Untagged: " + name));
            one.nonEmptyText("Deleted").ifPresent(id -> session.out().println("Deleted: " + id));
          }
        });
  }

  public static Verb prune() {
    return new OneVerb(
        Syntax.of("image prune", "[OPTIONS]", "Remove images nobody uses")
            .flag('a', "all", "Those with a name as well")
            .many("filter", "KEY=VALUE", "Only those that match: until, label")
            .flag('f', "force", "Do not ask")
            .takes(0, 0)
            .example("abode image prune -af"),
        (session, arguments) -> {
          boolean all = arguments.isOn("all");
          String which =
              all ? "all images without at least one container." : "all dangling images.";
          if (!Confirmation.given(session, arguments, "This will remove " + which)) {
            return;
          }
          Filters filters =
              Filters.of(arguments.all("filter")).add("dangling", all ? "false" : "true");
          Json answer =
              session
                  .api()
                  .post(ApiClient.query("/images/prune", "filters", filters.query()))
                  .json();
          tellDeleted(session, answer);
        });
  }

  /** What an image prune removed. */
  public static void tellDeleted(Session session, Json answer) {
    if (!answer.items("ImagesDeleted").isEmpty()) {
      session.out().println("Deleted Images:");
      for (Json one : answer.items("ImagesDeleted")) {
        one.nonEmptyText("Untagged").ifPresent(name -> session.out().println("untagged: " + name));
        one.nonEmptyText("Deleted").ifPresent(id -> session.out().println("deleted: " + id));
      }
      session.out().println();
    }
    Pruning.tellReclaimed(session, answer.number("SpaceReclaimed"));
  }

  public static Verb load() {
    return new OneVerb(
        Syntax.of("load", "[OPTIONS]", "Load images from an archive or an OCI layout folder")
            .one('i', "input", "PATH", "Read from a file or folder instead of standard input")
            .flag('q', "quiet", "No progress")
            .one("platform", "OS/ARCH", "Which platform of an image for several")
            .takes(0, 0)
            .example("abode load -i alpine.tar.gz"),
        (session, arguments) -> {
          if (!arguments.isGiven("input") && session.isTerminal(Session.STDIN)) {
            throw new UsageException("abode load reads an archive: use -i FILE, or < FILE");
          }
          try (InputStream archive = archive(session, arguments.value("input", "-"));
              Reply reply =
                  session
                      .api()
                      .send(
                          "POST",
                          ApiClient.query(
                              "/images/load",
                              "quiet",
                              arguments.isOn("quiet") ? "1" : "",
                              "platform",
                              arguments.value("platform", "")),
                          Map.of(),
                          ApiClient.Body.tar(archive))) {
            // What was loaded comes among the progress and is wanted, quiet or not.
            ProgressDisplay.show(
                session, ProgressDisplay.Channel.OUTPUT, reply.body(), /* quiet= */ false);
          }
        });
  }

  public static Verb importTree() {
    return new OneVerb(
        Syntax.of(
                "import",
                "[OPTIONS] FILE|URL|- [REPOSITORY[:TAG]]",
                "Make an image of a root file system's archive")
            .many('c', "change", "INSTRUCTION", "Dockerfile instruction to apply")
            .one('m', "message", "TEXT", "Message")
            .one("platform", "OS/ARCH", "Platform of the image")
            .takes(1, 2)
            .example("abode import -c 'CMD [\"sh\"]' rootfs.tar.gz mine:1"),
        ImageVerbs::importTree);
  }

  private static void importTree(Session session, Arguments arguments) throws IOException {
    String source = arguments.operand(0);
    boolean remote = source.startsWith("http://") || source.startsWith("https://");
    String reference = arguments.operands().size() == 2 ? arguments.operand(1) : "";
    int colon = reference.lastIndexOf(':');
    boolean tagged = colon > reference.lastIndexOf('/');
    List<String> query =
        new ArrayList<>(
            List.of(
                "fromSrc",
                remote ? source : "-",
                "repo",
                tagged ? reference.substring(0, colon) : reference,
                "tag",
                tagged ? reference.substring(colon + 1) : "",
                "message",
                arguments.value("message", ""),
                "platform",
                arguments.value("platform", "")));
    for (String change : arguments.all("change")) {
      query.add("changes");
      query.add(change);
    }
    try (InputStream archive = remote ? InputStream.nullInputStream() : input(session, source);
        Reply reply =
            session
                .api()
                .send(
                    "POST",
                    ApiClient.query("/images/create", query),
                    Map.of(),
                    remote ? ApiClient.Body.none() : ApiClient.Body.tar(archive))) {
      ProgressDisplay.show(
          session, ProgressDisplay.Channel.OUTPUT, reply.body(), /* quiet= */ false);
    }
  }

  public static Verb save() {
    return new OneVerb(
        Syntax.of("save", "[OPTIONS] IMAGE [IMAGE...]", "Write images to an archive")
            .one('o', "output", "FILE", "Write to a file instead of standard output")
            .one("platform", "OS/ARCH", "Save only if the image is for this platform")
            .atLeast(1)
            .example("abode save -o alpine.tar alpine"),
        (session, arguments) -> {
          ArchiveOutput.refuseTerminal(session, arguments);
          List<String> query = new ArrayList<>();
          for (String image : arguments.operands()) {
            query.add("names");
            query.add(image);
          }
          query.add("platform");
          query.add(arguments.value("platform", ""));
          try (Reply reply = session.api().get(ApiClient.query("/images/get", query))) {
            ArchiveOutput.save(session, arguments, reply);
          }
        });
  }

  /** An archive, or a folder (an OCI layout) as one. */
  private static InputStream archive(Session session, String path) throws IOException {
    return Files.isDirectory(Path.of(path))
        ? HostTar.pack(Path.of(path), "")
        : input(session, path);
  }

  private static InputStream input(Session session, String file) throws IOException {
    if (Files.isDirectory(Path.of(file))) {
      throw new UsageException(
          file + " is a folder, and an archive is wanted: tar -C " + file + " -c . | abode … -");
    }
    return file.equals("-") ? session.in() : Files.newInputStream(Path.of(file));
  }

  static String path(String image, String rest) {
    return "/images/" + Pulling.encodeSlashed(image) + rest;
  }
}
