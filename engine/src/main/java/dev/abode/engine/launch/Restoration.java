package dev.abode.engine.launch;

import dev.abode.engine.criu.RestoreRequest;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Step;
import dev.abode.init.Step.Missing;
import dev.abode.init.Step.Place;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Turns the plan of a start into that of a start from saved processes.
 *
 * <p>What is the host's to give, the stage makes as ever, and lays out in its own mount namespace:
 * the root file system, folders and volumes, the files in {@code /etc}, {@code /dev}, control
 * groups. From there criu takes it. Everything that the workload's process would have made of
 * itself, namespaces, the kernel's file systems, hidden paths, user, capabilities, system call
 * filter, is in the images, as it was. The network is made from outside between the two.
 */
final class Restoration {
  /** A source of what hides a file. */
  private static final String NOTHING = "/dev/null";

  private static final String DEV = "/dev";

  /**
   * Where all is laid out, in the stage's own mount namespace. criu takes it as the root of the
   * container, who could not pass the engine's folders.
   */
  private static final String LAID_OUT = "/mnt";

  private final List<Step> beside = new ArrayList<>();
  private final List<Step> network = new ArrayList<>();

  /** Copies that the workload takes of what the stage has attached, by slot. */
  private final Map<Integer, Step.Detach> locked = new HashMap<>();

  /** From a path inside to where it is laid out. */
  private final Map<String, String> laidOut = new LinkedHashMap<>();

  private String root = "";

  private Restoration() {}

  /**
   * The plan.
   *
   * @param start the plan of an ordinary start
   * @param images what to go on from
   * @param work a folder for criu's log
   */
  static LaunchPlan of(LaunchPlan start, Path criu, Path images, Path work) throws IOException {
    return new Restoration().plan(start, criu, images, work);
  }

  private LaunchPlan plan(LaunchPlan start, Path criu, Path images, Path work) throws IOException {
    // Taken first: a scratch file system will be over the instance's folder.
    int slot =
        Stream.concat(start.beside().stream(), start.inside().stream())
                .mapToInt(Restoration::slot)
                .max()
                .orElse(-1)
            + 1;
    boolean taken = false;
    for (Step step : start.beside()) {
      if (step instanceof Step.TellEngine) {
        network.add(step);
        network.add(new Step.AwaitEngine());
        continue;
      }
      if (!taken && step instanceof Step.Detach detach) {
        beside.add(
            new Step.Detach(slot, images.toString(), false, false, Set.of(), detach.propagation()));
        taken = true;
      }
      beside.add(step);
    }
    beside.add(new Step.SetUser(0, 0));
    beside.add(new Step.Mount("tmpfs", "abode", Place.HOST, LAID_OUT, Set.of(), "mode=0711"));
    beside.add(new Step.Attach(slot, Place.HOST, scratch("images"), Missing.MAKE_DIRECTORY));
    start.inside().forEach(this::layOut);
    beside.add(new Step.ChangeDirectory("/"));
    ProcessSnapshot.SavedWalls saved = ProcessSnapshot.SavedWalls.read(images);
    List<Step> inside = new ArrayList<>(network);
    saved.console().ifPresent(terminal -> inside.add(console(terminal)));
    inside.add(
        new Step.Restore(
            List.of(criu.toString(), "swrk", RestoreRequest.SERVICE),
            scratch("images"),
            work.toString(),
            request(saved).encoded()));
    return new LaunchPlan(start.supervision(), start.before(), start.namespaces(), beside, inside);
  }

  private static Step console(String terminal) {
    return new Step.Bind(
        Place.HOST,
        terminal,
        Place.HOST,
        ForeignMounts.CONSOLE,
        Missing.MAKE_FILE,
        false,
        Set.of());
  }

  private static int slot(Step step) {
    return step instanceof Step.Detach detach ? detach.slot() : -1;
  }

  private String scratch(String name) {
    return LAID_OUT + '/' + name;
  }

  private void layOut(Step step) {
    switch (step) {
      case Step.Detach detach -> locked.put(detach.slot(), detach);
      case Step.Attach attach when attach.place() == Place.HOST -> {
        root = scratch("root");
        beside.add(new Step.Attach(attach.slot(), Place.HOST, root, Missing.MAKE_DIRECTORY));
      }
      case Step.Attach attach -> layOut(attach);
      case Step.Mount mount when mount.type().startsWith("cgroup") -> {
        String place = scratch(mount.type() + laidOut.size());
        laidOut.put(mount.target(), place);
        beside.add(
            new Step.Mount(
                mount.type(), mount.source(), Place.HOST, place, mount.flags(), mount.data()));
      }
      case Step.Mount mount -> place(mount.target(), true);
      case Step.ChangeMount change when change.target().equals("/") ->
          beside.add(new Step.ChangeMount(Place.HOST, root, false, change.set()));
      case Step.OpenTerminal terminal when terminal.console() ->
          place(ForeignMounts.CONSOLE, false);
      case Step.LoopbackUp up -> network.add(up);
      case Step.WriteFile write when write.path().startsWith("/proc/sys/net/") ->
          network.add(new Step.WriteFile(Place.HOST, write.path(), write.content()));
      case Step.Tolerated(Step.WriteFile write) when write.path().startsWith("/proc/sys/net/") ->
          network.add(
              new Step.Tolerated(new Step.WriteFile(Place.HOST, write.path(), write.content())));
      default -> {
        // The images say what came of it.
      }
    }
  }

  private void layOut(Step.Attach attach) {
    String place = scratch(Integer.toString(attach.slot()));
    // criu's copy of what is locked is as locked as the workload's own would be.
    Step.Detach source = locked.get(attach.slot());
    beside.add(
        source == null
            ? new Step.Attach(attach.slot(), Place.HOST, place, attach.missing())
            : new Step.Bind(
                Place.HOST,
                source.source(),
                Place.HOST,
                place,
                attach.missing(),
                source.recursive(),
                Set.of()));
    laidOut.put(attach.target(), place);
    place(attach.target(), attach.missing() != Missing.MAKE_FILE);
  }

  /** The folder of devices is new and has no places to mount onto. */
  private void place(String target, boolean directory) {
    String devices = laidOut.get(DEV);
    if (devices == null || !target.startsWith(DEV + '/')) {
      return;
    }
    String path = devices + target.substring(DEV.length());
    beside.add(
        directory
            ? new Step.MakeDirectory(Place.HOST, path, 0755)
            : new Step.MakeFile(Place.HOST, path, "", 0600));
  }

  private RestoreRequest request(ProcessSnapshot.SavedWalls saved) {
    Map<String, String> mounts = new LinkedHashMap<>();
    saved.mounts().forEach(mount -> mounts.put(mount, source(mount)));
    Map<Integer, String> streams = new LinkedHashMap<>();
    saved
        .pipes()
        .forEach((stream, pipe) -> streams.put(RestoreRequest.STANDARD_INPUT + stream, pipe));
    return new RestoreRequest(root, mounts, streams);
  }

  private String source(String mount) {
    for (String above = mount;
        !above.isEmpty();
        above = above.substring(0, above.lastIndexOf('/'))) {
      String place = laidOut.get(above);
      if (place != null) {
        return place + mount.substring(above.length());
      }
    }
    return NOTHING;
  }
}
