package dev.abode.cli;

import dev.abode.cli.command.Verb;
import dev.abode.cli.compare.Compare;
import dev.abode.cli.container.Attach;
import dev.abode.cli.container.Cp;
import dev.abode.cli.container.Create;
import dev.abode.cli.container.ExecVerb;
import dev.abode.cli.container.Explain;
import dev.abode.cli.container.Inspect;
import dev.abode.cli.container.LifecycleVerbs;
import dev.abode.cli.container.Logs;
import dev.abode.cli.container.Ports;
import dev.abode.cli.container.Ps;
import dev.abode.cli.container.ReportVerbs;
import dev.abode.cli.container.Run;
import dev.abode.cli.container.SnapshotVerbs;
import dev.abode.cli.container.Start;
import dev.abode.cli.container.StatsVerb;
import dev.abode.cli.container.Warm;
import dev.abode.cli.container.Why;
import dev.abode.cli.doctor.Doctor;
import dev.abode.cli.engine.EngineRun;
import dev.abode.cli.engine.EngineVerbs;
import dev.abode.cli.image.History;
import dev.abode.cli.image.ImageVerbs;
import dev.abode.cli.image.Images;
import dev.abode.cli.image.LoginVerbs;
import dev.abode.cli.image.Pulling;
import dev.abode.cli.network.NetworkCreate;
import dev.abode.cli.network.NetworkVerbs;
import dev.abode.cli.system.Events;
import dev.abode.cli.system.SystemVerbs;
import dev.abode.cli.system.VersionVerb;
import dev.abode.cli.system.VolumeVerbs;
import java.util.List;
import java.util.Optional;

/**
 * The verbs by name. Only the one that is named is made, and only its classes are loaded: that is
 * why this is a switch and not a map.
 */
final class Verbs {
  /** In the order of the help. */
  static final List<String> COMMON =
      List.of(
          "run", "exec", "ps", "logs", "stop", "start", "rm", "images", "pull", "push", "load",
          "save", "inspect", "cp");

  static final List<String> OTHER =
      List.of(
          "attach",
          "commit",
          "compare",
          "completion",
          "create",
          "diff",
          "doctor",
          "events",
          "explain",
          "export",
          "history",
          "import",
          "info",
          "kill",
          "login",
          "logout",
          "manual",
          "pause",
          "port",
          "rename",
          "restart",
          "rmi",
          "stats",
          "tag",
          "top",
          "unpause",
          "update",
          "version",
          "wait",
          "why");

  static final List<String> GROUPED =
      List.of(
          "engine run",
          "engine status",
          "engine stop",
          "container inspect",
          "container prune",
          "image inspect",
          "image prune",
          "image warm",
          "network connect",
          "network create",
          "network disconnect",
          "network inspect",
          "network ls",
          "network prune",
          "network rm",
          "snapshot clone",
          "snapshot create",
          "snapshot ls",
          "snapshot restore",
          "snapshot rm",
          "system df",
          "system prune",
          "volume create",
          "volume export",
          "volume import",
          "volume inspect",
          "volume ls",
          "volume prune",
          "volume rm");

  private Verbs() {}

  /** The verb of that name; a name in a group is two words. */
  static Optional<Verb> named(String name) {
    return Optional.ofNullable(
        switch (name) {
          case "run", "container run" -> new Run();
          case "create", "container create" -> new Create();
          case "start", "container start" -> new Start();
          case "exec", "container exec" -> new ExecVerb();
          case "attach", "container attach" -> new Attach();
          case "logs", "container logs" -> new Logs();
          case "stop", "container stop" -> LifecycleVerbs.stop();
          case "kill", "container kill" -> LifecycleVerbs.kill();
          case "restart", "container restart" -> LifecycleVerbs.restart();
          case "pause", "container pause" -> LifecycleVerbs.pause();
          case "unpause", "container unpause" -> LifecycleVerbs.unpause();
          case "wait", "container wait" -> LifecycleVerbs.waitForExit();
          case "rm", "container rm", "container remove" -> LifecycleVerbs.remove();
          case "rename", "container rename" -> LifecycleVerbs.rename();
          case "update", "container update" -> LifecycleVerbs.update();
          case "ps", "container ls", "container ps", "container list" -> new Ps();
          case "inspect" -> Inspect.ofAnything();
          case "container inspect" -> Inspect.ofContainers();
          case "container prune" -> ReportVerbs.prune();
          case "completion" -> new Completion();
          case "manual" -> new Manual();
          case "compare" -> new Compare();
          case "doctor" -> new Doctor();
          case "explain" -> new Explain();
          case "why" -> new Why();
          case "top", "container top" -> ReportVerbs.top();
          case "stats", "container stats" -> new StatsVerb();
          case "diff", "container diff" -> ReportVerbs.diff();
          case "cp", "container cp" -> new Cp();
          case "export", "container export" -> ReportVerbs.export();
          case "commit", "container commit" -> ReportVerbs.commit();
          case "port", "container port" -> Ports.verb();
          case "images", "image ls", "image list" -> new Images();
          case "image inspect" -> Inspect.ofImages();
          case "image prune" -> ImageVerbs.prune();
          case "image warm" -> Warm.verb();
          case "history", "image history" -> new History();
          case "import", "image import" -> ImageVerbs.importTree();
          case "load", "image load" -> ImageVerbs.load();
          case "save", "image save" -> ImageVerbs.save();
          case "tag", "image tag" -> ImageVerbs.tag();
          case "rmi", "image rm", "image remove" -> ImageVerbs.remove();
          case "pull", "image pull" -> Pulling.pullVerb();
          case "push", "image push" -> Pulling.pushVerb();
          case "login" -> LoginVerbs.login();
          case "logout" -> LoginVerbs.logout();
          case "events", "system events" -> new Events();
          case "version" -> new VersionVerb();
          case "info", "system info" -> SystemVerbs.info();
          case "system df" -> SystemVerbs.diskUsage();
          case "system prune" -> SystemVerbs.prune();
          case "network ls", "network list" -> NetworkVerbs.list();
          case "network create" -> NetworkCreate.verb();
          case "network inspect" -> NetworkVerbs.inspect();
          case "network connect" -> NetworkVerbs.connect();
          case "network disconnect" -> NetworkVerbs.disconnect();
          case "network rm", "network remove" -> NetworkVerbs.remove();
          case "network prune" -> NetworkVerbs.prune();
          case "snapshot create" -> SnapshotVerbs.create();
          case "snapshot ls", "snapshot list" -> SnapshotVerbs.list();
          case "snapshot rm", "snapshot remove" -> SnapshotVerbs.remove();
          case "snapshot restore" -> SnapshotVerbs.restore();
          case "snapshot clone" -> SnapshotVerbs.cloneVerb();
          case "volume ls", "volume list" -> VolumeVerbs.list();
          case "volume create" -> VolumeVerbs.create();
          case "volume export" -> VolumeVerbs.export();
          case "volume import" -> VolumeVerbs.restore();
          case "volume inspect" -> VolumeVerbs.inspect();
          case "volume rm", "volume remove" -> VolumeVerbs.remove();
          case "volume prune" -> VolumeVerbs.prune();
          case "engine run" -> new EngineRun(HostedCommands::new);
          case "engine status" -> EngineVerbs.status();
          case "engine stop" -> EngineVerbs.stop();
          default -> null;
        });
  }

  /** A verb, and the words behind its name. */
  record Call(Verb verb, List<String> words) {}

  /** The verb that a command line begins with; empty if it begins with none. */
  static Optional<Call> find(List<String> words) {
    if (words.isEmpty()) {
      return Optional.empty();
    }
    boolean grouped = isGroup(words.getFirst()) && words.size() > 1;
    int length = grouped ? 2 : 1;
    return named(String.join(" ", words.subList(0, length)))
        .map(verb -> new Call(verb, words.subList(length, words.size())));
  }

  /** Whether a word begins the names of a group of verbs. */
  static boolean isGroup(String word) {
    return switch (word) {
      case "container", "image", "network", "snapshot", "system", "volume", "engine" -> true;
      default -> false;
    };
  }
}
