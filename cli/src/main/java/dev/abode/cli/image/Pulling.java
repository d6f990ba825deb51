package dev.abode.cli.image;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.Reply;
import java.io.IOException;
import java.util.Map;

/** {@code abode pull} and {@code abode push}, and the pull in front of a {@code run}. */
public final class Pulling {
  private Pulling() {}

  public static Verb pullVerb() {
    return new OneVerb(
        Syntax.of("pull", "[OPTIONS] NAME[:TAG|@DIGEST]", "Download an image from a registry")
            .flag('a', "all-tags", "All tags of the repository")
            .one("platform", "OS/ARCH", "Platform of the image")
            .flag('q', "quiet", "No progress")
            .flag("disable-content-trust", "Accepted for Docker's sake; digests are always checked")
            .takes(1, 1)
            .example("abode pull alpine:3.20"),
        (session, arguments) -> {
          String name = arguments.operand(0);
          pull(
              session,
              ProgressDisplay.Channel.OUTPUT,
              arguments.isOn("all-tags") ? name : withTag(name),
              arguments.value("platform", ""),
              arguments.isOn("quiet"));
          session.out().println(RegistryName.of(name).canonical(name));
        });
  }

  public static Verb pushVerb() {
    return new OneVerb(
        Syntax.of("push", "[OPTIONS] NAME[:TAG]", "Upload an image to a registry")
            .flag('a', "all-tags", "All tags of the repository")
            .flag('q', "quiet", "No progress")
            .one("platform", "OS/ARCH", "Platform of the image")
            .takes(1, 1)
            .example("abode push localhost:5000/mine:1"),
        Pulling::push);
  }

  /** Pulls an image; progress is shown at {@code to}. */
  public static void pull(
      Session session, ProgressDisplay.Channel to, String image, String platform, boolean quiet)
      throws IOException {
    String name = withTag(image);
    int digest = name.indexOf('@');
    int colon = name.lastIndexOf(':');
    boolean tagged = digest < 0 && colon > name.lastIndexOf('/');
    String path =
        ApiClient.query(
            "/images/create",
            "fromImage",
            digest >= 0 ? name.substring(0, digest) : tagged ? name.substring(0, colon) : name,
            "tag",
            digest >= 0 ? name.substring(digest + 1) : tagged ? name.substring(colon + 1) : "",
            "platform",
            platform);
    stream(session, to, path, image, quiet);
  }

  private static void push(Session session, Arguments arguments) throws IOException {
    String name = arguments.operand(0);
    int colon = name.lastIndexOf(':');
    boolean tagged = colon > name.lastIndexOf('/');
    String repository = tagged ? name.substring(0, colon) : name;
    String tag = tagged ? name.substring(colon + 1) : arguments.isOn("all-tags") ? "" : "latest";
    boolean quiet = arguments.isOn("quiet");
    stream(
        session,
        ProgressDisplay.Channel.OUTPUT,
        ApiClient.query("/images/" + encodeSlashed(repository) + "/push", "tag", tag),
        name,
        quiet);
    if (quiet) {
      session.out().println(RegistryName.of(name).canonical(name));
    }
  }

  private static void stream(
      Session session, ProgressDisplay.Channel to, String path, String image, boolean quiet)
      throws IOException {
    Map<String, String> headers =
        Map.of(
            "X-Registry-Auth",
            RegistryLogins.ofUser(session.environment()).header(RegistryName.of(image)));
    try (Reply reply = session.api().send("POST", path, headers, ApiClient.Body.none())) {
      ProgressDisplay.show(session, to, reply.body(), quiet);
    }
  }

  private static String withTag(String name) {
    boolean bare = name.indexOf('@') < 0 && name.lastIndexOf(':') <= name.lastIndexOf('/');
    return bare ? name + ":latest" : name;
  }

  /** A repository name keeps its slashes in the paths of the API. */
  static String encodeSlashed(String name) {
    return ApiClient.encode(name).replace("%2F", "/").replace("%3A", ":").replace("%40", "@");
  }
}
