package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.init.MountFlag;
import dev.abode.init.Namespace;
import dev.abode.init.Propagation;
import dev.abode.init.Step;
import dev.abode.init.Step.Missing;
import dev.abode.init.Step.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The mounts of an instance, in the two halves in which they are made: the stage, as the host's
 * root, takes copies of host folders, stacks the layers and puts everything into slots; the
 * workload, inside its namespaces, attaches the slots. Nothing is ever visible in the host's own
 * mount table, and all of it goes when the last process does.
 *
 * <p>Copies are taken before the stage leaves the host's mount namespace, because only then do they
 * stay in touch with the host's propagation.
 *
 * <p><b>Locks.</b> The kernel lets root of a user namespace clear the flags of any mount attached
 * in a mount namespace of its own, so a read-only bind attached by the workload would be read-only
 * for as long as it likes. What a mount namespace is <em>copied</em> with from that of a more
 * privileged user stays as it is ({@code mount_namespaces(7)}). So when something read-only is
 * mounted into an instance with its own users, the stage has a mount namespace of its own before
 * the workload is cloned, attaches those mounts there, and the workload takes its copies of them
 * out of the copied namespace.
 */
final class RootFilesystem {
  private final ContainerGround ground;
  private final List<Step> copies = new ArrayList<>();
  private final List<Step> scratch = new ArrayList<>();
  private final List<Step> foreign = new ArrayList<>();
  private final List<Step> locked = new ArrayList<>();
  private final List<Step> attachments = new ArrayList<>();
  private final boolean locks;
  private int slots = 0;

  RootFilesystem(ContainerGround ground) {
    this.ground = ground;
    this.locks = mapped() && ground.binds().stream().anyMatch(BindMount::readOnly);
  }

  private boolean mapped() {
    return ground.firstId().isPresent();
  }

  /** The folder that is the mount point of the scratch tmpfs and then of the root itself. */
  private String mountPoint() {
    return ground.folder().toString();
  }

  private String scratch(String name) {
    return mountPoint() + '/' + name;
  }

  private int detach(
      List<Step> into,
      String source,
      boolean recursive,
      boolean idMapped,
      Set<MountFlag> flags,
      Propagation propagation) {
    into.add(new Step.Detach(slots, source, recursive, idMapped, flags, propagation));
    return slots++;
  }

  /** Stacks the layers under the instance's own and attaches the result as the root. */
  void stackLayers() {
    List<String> lower = new ArrayList<>();
    List<Step> attach = new ArrayList<>();
    for (Path layer : ground.layers()) {
      int slot = detach(copies, layer.toString(), false, mapped(), Set.of(), Propagation.PRIVATE);
      lower.add(Integer.toString(slot));
      attach.add(
          new Step.Attach(
              slot, Place.HOST, scratch(Integer.toString(slot)), Missing.MAKE_DIRECTORY));
    }
    int own = detach(copies, mountPoint(), false, mapped(), Set.of(), Propagation.PRIVATE);
    attach.add(new Step.Attach(own, Place.HOST, scratch("own"), Missing.MAKE_DIRECTORY));

    if (!locks) {
      scratch.add(new Step.OwnMounts(Propagation.PRIVATE));
    }
    scratch.add(new Step.Mount("tmpfs", "abode", Place.HOST, mountPoint(), Set.of(), "mode=0700"));
    scratch.addAll(attach);
    // overlayfs makes its work folder as whoever mounts it, through the id-mapped upper layer: that
    // must be somebody whom the map knows.
    if (mapped()) {
      int first = Math.toIntExact(ground.firstId().getAsLong());
      scratch.add(new Step.SetUser(first, first));
    }
    scratch.add(new Step.ChangeDirectory(mountPoint()));
    scratch.add(
        new Step.Mount(
            "overlay",
            "overlay",
            Place.HOST,
            scratch("root"),
            Set.of(),
            "lowerdir="
                + String.join(":", lower)
                + ",upperdir=own/upper,workdir=own/work"
                // diff and commit read the upper folder, which must then hold whole files under
                // their own names.
                + ",index=off,redirect_dir=off,metacopy=off"));
    int root = detach(scratch, scratch("root"), false, false, Set.of(), Propagation.PRIVATE);

    attachments.add(new Step.Attach(root, Place.HOST, mountPoint(), Missing.FAIL));
    attachments.add(new Step.UseRoot(mountPoint()));
    if (mapped()) {
      // Until here the workload is the host's root, who alone can open the instance's folder; but
      // its own user namespace does not know that user, who could not make a file.
      attachments.add(new Step.SetGroups(List.of()));
      attachments.add(new Step.SetUser(0, 0));
    }
  }

  /**
   * A {@code /dev} of real device files, made by the stage: the workload could not make them, and a
   * tmpfs of its own user namespace would not let them work.
   */
  void deviceFolder(List<DeviceNode> devices) {
    long first = ground.firstId().orElse(0);
    String folder = scratch("dev");
    scratch.add(
        new Step.Mount(
            "tmpfs",
            "tmpfs",
            Place.HOST,
            folder,
            EnumSet.of(MountFlag.NO_SUID),
            "mode=755,size=65536k,uid=" + first + ",gid=" + first));
    for (DeviceNode device : devices) {
      scratch.add(
          new Step.MakeDevice(
              Place.HOST,
              folder + device.path().substring("/dev".length()),
              device.type(),
              device.major(),
              device.minor(),
              device.mode(),
              Math.toIntExact(first + device.uid()),
              Math.toIntExact(first + device.gid())));
    }
    link(folder, "fd", "/proc/self/fd");
    link(folder, "stdin", "/proc/self/fd/0");
    link(folder, "stdout", "/proc/self/fd/1");
    link(folder, "stderr", "/proc/self/fd/2");
    link(folder, "ptmx", "pts/ptmx");
    attachLater(
        detach(scratch, folder, false, false, Set.of(), Propagation.PRIVATE),
        "/dev",
        Missing.MAKE_DIRECTORY);
  }

  private void link(String folder, String name, String target) {
    scratch.add(new Step.MakeSymlink(Place.HOST, folder + '/' + name, target));
  }

  /** The engine's own files over the image's. */
  void etcFiles() {
    for (String name : EtcFiles.NAMES) {
      String target = "/etc/" + name;
      if (ground.binds().stream().noneMatch(b -> b.target().equals(target))) {
        attachLater(
            detach(
                copies,
                ground.folder().resolve(EtcFiles.FOLDER).resolve(name).toString(),
                false,
                mapped(),
                Set.of(),
                Propagation.PRIVATE),
            target,
            Missing.MAKE_FILE);
      }
    }
  }

  /** A folder of the host, as the host sees it: of a namespace that is shared with it. */
  void hostFolder(String path, boolean recursive, Set<MountFlag> flags) {
    attachLater(
        detach(copies, path, recursive, false, flags, Propagation.PRIVATE),
        path,
        Missing.MAKE_DIRECTORY);
  }

  /**
   * A mount of another instance, whose namespace is shared: taken last of all by the stage, which
   * for it enters that instance's mount namespace and has the host's no more.
   */
  void folderOf(SharedNamespace other, String path, Set<MountFlag> flags) {
    Step enter = new Step.Enter(other.pid(), other.startTicks(), Set.of(Namespace.MOUNT));
    if (foreign.isEmpty()) {
      foreign.add(enter);
    } else if (!foreign.getFirst().equals(enter)) {
      throw new EngineException(
          EngineException.Kind.UNSUPPORTED,
          "the PID and the IPC namespace can be shared with one instance only, not with two");
    }
    attachLater(
        detach(foreign, path, false, false, flags, Propagation.PRIVATE),
        path,
        Missing.MAKE_DIRECTORY);
  }

  /** A file system that the stage mounts because its namespace belongs to somebody else. */
  void stagedMount(String name, Step.Mount inside) {
    scratch.add(
        new Step.Mount(
            inside.type(),
            inside.source(),
            Place.HOST,
            scratch(name),
            inside.flags(),
            inside.data()));
    attachLater(
        detach(scratch, scratch(name), false, false, Set.of(), Propagation.PRIVATE),
        inside.target(),
        Missing.MAKE_DIRECTORY);
  }

  /** A mount that the workload makes itself. */
  void mount(Step.Mount mount) {
    attachments.add(mount);
  }

  /** A bind mount that the user asked for. */
  void bind(BindMount bind) {
    boolean all = bind.readOnly() && (bind.recursiveReadOnly() || !bind.recursive());
    boolean topOnly = bind.readOnly() && !all;
    int slot = slots++;
    copies.add(
        new Step.Detach(
            slot,
            bind.source(),
            bind.within(),
            bind.recursive(),
            mapped() && bind.idMappable(),
            all ? Set.of(MountFlag.READ_ONLY) : Set.of(),
            propagation(bind)));
    Missing missing = bind.directory() ? Missing.MAKE_DIRECTORY : Missing.MAKE_FILE;
    if (locks && bind.readOnly()) {
      slot = lock(slot, bind, missing, topOnly);
      topOnly = false;
    }
    attachLater(slot, bind.target(), missing);
    if (topOnly) {
      attachments.add(
          new Step.ChangeMount(Place.ROOTFS, bind.target(), false, Set.of(MountFlag.READ_ONLY)));
    }
  }

  private static Propagation propagation(BindMount bind) {
    return switch (bind.propagation()) {
      case PRIVATE, RPRIVATE -> Propagation.PRIVATE;
      case SLAVE, RSLAVE -> Propagation.SLAVE;
      case SHARED, RSHARED -> Propagation.UNCHANGED;
    };
  }

  /**
   * Has the stage attach what is in {@code slot}, and the workload take a copy it cannot change.
   */
  private int lock(int slot, BindMount bind, Missing missing, boolean topOnly) {
    String place = scratch(Integer.toString(slot));
    scratch.add(new Step.Attach(slot, Place.HOST, place, missing));
    if (topOnly) {
      scratch.add(new Step.ChangeMount(Place.HOST, place, false, Set.of(MountFlag.READ_ONLY)));
    }
    return detach(locked, place, bind.recursive(), false, Set.of(), propagation(bind));
  }

  private void attachLater(int slot, String target, Missing missing) {
    attachments.add(new Step.Attach(slot, Place.ROOTFS, target, missing));
  }

  /** A step of the workload between its mounts. */
  void inside(Step step) {
    attachments.add(step);
  }

  /** What the stage plays before there is a workload. */
  List<Step> before() {
    return locks ? List.of(new Step.OwnMounts(Propagation.SLAVE)) : List.of();
  }

  /** What the stage plays, beside the waiting workload. */
  List<Step> beside() {
    List<Step> steps = new ArrayList<>(copies);
    steps.addAll(scratch);
    steps.addAll(foreign);
    return steps;
  }

  /** What the workload plays first. */
  List<Step> attachments() {
    List<Step> steps = new ArrayList<>();
    steps.add(new Step.OwnMounts(locks ? Propagation.SLAVE : Propagation.PRIVATE));
    steps.addAll(locked);
    steps.addAll(attachments);
    return steps;
  }

  /** Shallow targets first, so that one below another is mounted onto it. */
  static Comparator<String> byDepth() {
    return Comparator.comparingLong(target -> target.chars().filter(c -> c == '/').count());
  }
}
