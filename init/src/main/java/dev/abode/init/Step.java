package dev.abode.init;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One thing that {@code abode-init} does while it brings a workload to life, in the kernel's own
 * words. A step is at most a handful of system calls; it decides nothing. Steps that fail end the
 * launch, and the index of the step and its {@code errno} travel to the engine, unless the step is
 * wrapped in {@link Tolerated}.
 *
 * <p><b>Where a step runs.</b> A {@link LaunchPlan} has three lists:
 *
 * <ol>
 *   <li>{@code before}: in the <em>stage</em>, a short-lived child of the shim that still is the
 *       host's root, before the workload's process exists;
 *   <li>{@code beside}: in the stage, after the workload's process was cloned; the workload waits.
 *       Its user namespace exists by then, so ids can be mapped and mounts id-mapped;
 *   <li>{@code inside}: in the workload's process, in its new namespaces, up to {@link Execute}.
 * </ol>
 *
 * <p><b>Paths.</b> A {@link Place} says what a path is relative to. {@code HOST} is resolved as any
 * path is. {@code ROOTFS} is resolved with {@code openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)}
 * below the directory named by {@link UseRoot}, so that no link of an image leads out of it.
 */
public sealed interface Step {

  /** What a path is relative to. */
  enum Place {
    HOST,
    ROOTFS
  }

  /** What to make when the target of a mount is missing; parents are directories of mode 0755. */
  enum Missing {
    FAIL,
    MAKE_FILE,
    MAKE_DIRECTORY
  }

  /** The step's failure is noted on the shim's standard error and otherwise ignored. */
  record Tolerated(Step step) implements Step {
    public Tolerated {
      if (step instanceof Tolerated) {
        throw new IllegalArgumentException("a step is tolerated once");
      }
    }
  }

  // ---- namespaces and ids

  /**
   * {@code setns(2)} on a pidfd of {@code pid} for all {@code namespaces} at once; not inside. The
   * workload's process inherits what is entered before; a mount namespace entered beside is where
   * later {@link Detach} steps find their sources.
   *
   * @param startTicks field 22 of {@code /proc/PID/stat}; another value means that the pid was used
   *     again, and fails with {@code ESRCH}
   */
  record Enter(int pid, long startTicks, Set<Namespace> namespaces) implements Step {
    public Enter {
      namespaces = Set.copyOf(namespaces);
    }

    /** In a guest: enters the namespaces of the machine's own workload, whatever its pid is. */
    public static Enter workload(Set<Namespace> namespaces) {
      return new Enter(0, 0, namespaces);
    }
  }

  /** {@code unshare(CLONE_NEWNS)} and then {@code propagation} for the whole tree. */
  record OwnMounts(Propagation propagation) implements Step {}

  /** Writes {@code uid_map} and {@code gid_map} of the workload's process; beside only. */
  record MapIds(List<IdRange> uids, List<IdRange> gids) implements Step {
    public MapIds {
      uids = List.copyOf(uids);
      gids = List.copyOf(gids);
    }
  }

  /**
   * Tells the engine the workload's pid ({@link ShimEvent.Created}), so that it makes network
   * interfaces while the launch goes on; beside only, once.
   */
  record TellEngine() implements Step {}

  /**
   * Waits for {@link Shim#proceed}; beside or inside, once, where {@link TellEngine} came first.
   */
  record AwaitEngine() implements Step {}

  // ---- mounts

  /**
   * {@code open_tree(2)} of {@code source} on the host as a detached copy, kept as number {@code
   * slot} for a later {@link Attach}; not before. The slots of the stage are handed to the workload
   * when it is released.
   *
   * <p>A copy that the workload takes for itself, of what its mount namespace got from the host's
   * root, keeps flags that the workload cannot clear ({@code mount_namespaces(7)}, "locked").
   *
   * @param slot 0 to 511, used once
   * @param within a path in {@code source} to copy instead of all of it, links and {@code ..}
   *     resolved as if {@code source} were the root; empty for all of it
   * @param recursive whether mounts below come along; flags and id map then apply to all of them
   * @param idMapped whether the workload's user namespace maps the owners ({@code
   *     MOUNT_ATTR_IDMAP})
   */
  record Detach(
      int slot,
      String source,
      String within,
      boolean recursive,
      boolean idMapped,
      Set<MountFlag> flags,
      Propagation propagation)
      implements Step {
    public Detach {
      flags = Set.copyOf(flags);
      if (slot < 0 || slot > 511) {
        throw new IllegalArgumentException("slot " + slot + " is not in 0..511");
      }
    }

    public Detach(
        int slot,
        String source,
        boolean recursive,
        boolean idMapped,
        Set<MountFlag> flags,
        Propagation propagation) {
      this(slot, source, "", recursive, idMapped, flags, propagation);
    }
  }

  /** {@code move_mount(2)} of what {@link Detach} kept in {@code slot} onto {@code target}. */
  record Attach(int slot, Place place, String target, Missing missing) implements Step {}

  /**
   * {@code mount(2)} of a new file system; {@code data} as the file system documents it, relative
   * names in it are relative to the working directory. A missing target is made, a directory.
   *
   * @param flags per-mount flags; an overlay, proc or tmpfs takes the classic {@code MS_*} of them
   */
  record Mount(
      String type, String source, Place place, String target, Set<MountFlag> flags, String data)
      implements Step {
    public Mount {
      flags = Set.copyOf(flags);
    }
  }

  /**
   * A bind mount made and attached at once, not id-mapped: {@code open_tree}, {@code
   * mount_setattr}, {@code move_mount}.
   */
  record Bind(
      Place sourcePlace,
      String source,
      Place place,
      String target,
      Missing missing,
      boolean recursive,
      Set<MountFlag> flags)
      implements Step {
    public Bind {
      flags = Set.copyOf(flags);
    }
  }

  /** {@code mount_setattr(2)} on what is mounted at {@code target}. */
  record ChangeMount(Place place, String target, boolean recursive, Set<MountFlag> set)
      implements Step {
    public ChangeMount {
      set = Set.copyOf(set);
    }
  }

  /**
   * Opens {@code path} of the host as the root that {@link Place#ROOTFS} refers to from here on.
   */
  record UseRoot(String path) implements Step {}

  /**
   * Hides {@code path} of the rootfs: a file under {@code /dev/null}, a directory under an empty
   * read-only tmpfs; nothing to do when it is missing.
   */
  record Mask(String path) implements Step {}

  /** Makes {@code path} of the rootfs read-only by a bind mount of itself; nothing when missing. */
  record ReadOnlyPath(String path) implements Step {}

  /**
   * {@code pivot_root(2)} into the root of {@link UseRoot}, the old one detached, working directory
   * {@code /}. From here on {@link Place#HOST} and {@link Place#ROOTFS} are the same tree.
   */
  record PivotRoot() implements Step {}

  // ---- files

  /**
   * Writes {@code content} to an existing file with one {@code write(2)} (cgroup, sysctl, proc). In
   * the rootfs a path below {@code /proc} must lead to a procfs, else {@code ENODEV}. {@code
   * /proc/self/oom_score_adj} is written {@code before}: later the process may not open it for
   * writing, because nothing of it may be traced.
   */
  record WriteFile(Place place, String path, String content) implements Step {}

  /**
   * {@code mkdirat(2)}, missing parents included (of mode 0755). A directory that exists already is
   * left as it is.
   */
  record MakeDirectory(Place place, String path, int mode) implements Step {}

  /** {@code symlinkat(2)}: {@code path} becomes a link that says {@code target}. */
  record MakeSymlink(Place place, String path, String target) implements Step {}

  /** {@code mknodat(2)} and {@code fchownat(2)} of a device; type is {@code 'c'} or {@code 'b'}. */
  record MakeDevice(
      Place place, String path, char type, int major, int minor, int mode, int uid, int gid)
      implements Step {}

  // ---- the process

  record SetHostname(String name) implements Step {}

  record SetDomainname(String name) implements Step {}

  /** Sets the loopback interface of the network namespace up. */
  record LoopbackUp() implements Step {}

  /** {@code setrlimit(2)}; {@link ResourceLimit#UNLIMITED} for none. */
  record SetLimit(ResourceLimit resource, long soft, long hard) implements Step {}

  /**
   * Opens a new pseudo terminal of the {@code devpts} mounted at {@code /dev/pts}, hands its master
   * to the shim, makes the slave the controlling terminal and the standard streams, and, when
   * {@code console}, binds it to {@code /dev/console}. Only in a plan with a terminal; after {@link
   * PivotRoot}. What {@code /dev/pts/ptmx} is gets checked (character device 5:2 on a devpts) so
   * that a hostile file in its place fails with {@code ENODEV}.
   */
  record OpenTerminal(boolean console) implements Step {}

  /**
   * {@code fchown(2)} of the standard streams, so that {@code /dev/stdout} can be opened again.
   * Pipes belong to the host's root, so in a plan with a user namespace this is a step {@code
   * beside}, with ids of the host; a terminal's slave is chowned inside, after {@link
   * OpenTerminal}, with ids of the namespace.
   */
  record OwnStreams(int uid, int gid) implements Step {}

  record SetUmask(int mask) implements Step {}

  record SetGroups(List<Integer> gids) implements Step {
    public SetGroups {
      gids = List.copyOf(gids);
    }
  }

  /**
   * {@code setresgid(2)} and {@code setresuid(2)}, all capabilities kept over the change of user,
   * as effective ones too, until {@link SetCapabilities} says otherwise.
   *
   * <p>A user namespace makes it necessary twice more. Inside, the process starts as the host's
   * root, whom nothing maps and who cannot make a file ({@code EOVERFLOW}): it becomes {@code 0}
   * after {@link UseRoot}, whose path perhaps only the host's root can reach. And the stage becomes
   * the namespace's root before it mounts an overlay on an id-mapped upper directory: an overlay
   * works with the credentials of its mounter, and is read-only when those cannot make the work
   * directory.
   */
  record SetUser(int uid, int gid) implements Step {}

  /** Drops every capability outside {@code keep} from the bounding set; before {@link SetUser}. */
  record BoundCapabilities(Set<Capability> keep) implements Step {
    public BoundCapabilities {
      keep = Set.copyOf(keep);
    }
  }

  /** {@code capset(2)} and the ambient set; the inheritable set is set to {@code ambient}. */
  record SetCapabilities(
      Set<Capability> effective, Set<Capability> permitted, Set<Capability> ambient)
      implements Step {
    public SetCapabilities {
      effective = Set.copyOf(effective);
      permitted = Set.copyOf(permitted);
      ambient = Set.copyOf(ambient);
    }
  }

  record NoNewPrivileges() implements Step {}

  /**
   * {@code prctl(2)} with {@code PR_SET_THP_DISABLE}: the program gets no page that is larger than
   * what it touches, whatever the host does for others.
   */
  record SmallPages() implements Step {}

  /**
   * {@code seccomp(2)} with {@code SECCOMP_SET_MODE_FILTER}.
   *
   * @param program an array of {@code struct sock_filter} of linux/filter.h, 8 bytes each
   */
  record Seccomp(java.nio.ByteBuffer program) implements Step {
    public Seccomp {
      program = program.asReadOnlyBuffer();
      if (program.remaining() == 0 || program.remaining() % 8 != 0) {
        throw new IllegalArgumentException(
            "a seccomp program of " + program.remaining() + " bytes is not a row of instructions");
      }
    }
  }

  /**
   * {@code chdir(2)}, and then a check that {@code getcwd(2)} names a path below the root, so that
   * a descriptor that leads out cannot be a working directory (CVE-2024-21626).
   */
  record ChangeDirectory(String path) implements Step {}

  /**
   * The workload becomes a child of this process, which stays as a minimal init: forwards signals,
   * reaps, and ends with the workload's status, 128 plus the signal when one ended it ({@code
   * docker run --init}). Right before {@link Execute}, so that the init has no more rights than the
   * workload.
   */
  record StayAsInit() implements Step {}

  /**
   * {@code execve(2)}: the last step. Signals are reset, every descriptor above 2 is closed. A name
   * without a slash is looked up in the {@code PATH} of {@code environment}, as {@code execvp(3)}
   * does. {@code environment} holds {@code NAME=value}.
   */
  record Execute(List<String> arguments, List<String> environment) implements Step {
    public Execute {
      arguments = List.copyOf(arguments);
      environment = List.copyOf(environment);
      if (arguments.isEmpty()) {
        throw new IllegalArgumentException("nothing to execute: no arguments");
      }
    }
  }

  /**
   * Instead of {@link Execute}: reports success and sleeps until killed. Holds a mounted root file
   * system for the engine to reach through {@code /proc/PID/root}.
   */
  record Hold() implements Step {}

  /**
   * Instead of {@link Execute}: serves the files below the root of {@link UseRoot} on the standard
   * streams, and ends when standard input does.
   */
  record ServeFiles() implements Step {}

  /**
   * Instead of {@link Execute}: the stage becomes {@code criu(8)}, which makes the workload's
   * processes and namespaces from images. No process is cloned before; steps beside are the stage's
   * as ever. Of those inside, before this one, a {@link Bind} is played in the workload's mounts
   * when all is made and does not run yet; the others in its network namespace as soon as that
   * exists, by a process that sees the host's files. The stage must be the host's root again by
   * then, and in the root folder.
   *
   * @param criu the program, an absolute path, and its arguments: its service on descriptor 7
   * @param request a {@code criu_req} of {@code rpc.proto}. Descriptors 4 to 6 are the standard
   *     streams, 8 is the folder {@code images} and 9 the folder {@code workFolder}; the restored
   *     process has to be criu's sibling
   */
  record Restore(List<String> criu, String images, String workFolder, java.nio.ByteBuffer request)
      implements Step {
    public Restore {
      criu = List.copyOf(criu);
      request = request.asReadOnlyBuffer();
    }
  }

  /**
   * Opens the host's file {@code path} for reading and puts it into a slot, as {@link Detach} does
   * a mount; legal beside the workload.
   */
  record OpenFile(String path, int slot) implements Step {}

  /**
   * Leaves the file of a slot open in the executed program.
   *
   * @param descriptor its number there, 700 to 707
   */
  record KeepFile(int slot, int descriptor) implements Step {}

  // ---- in a guest

  /**
   * Waits, at most ten seconds, for the virtio block device whose serial number (at most 20 bytes)
   * is {@code serial}, and makes {@code link} a symbolic link to its device file; {@code ENODEV}
   * when it does not come.
   */
  record AwaitDisk(String serial, String link) implements Step {}

  /** {@code finit_module(2)}; nothing to do when the kernel has it already. */
  record LoadModule(String path, String parameters) implements Step {}

  /**
   * Makes a file with {@code content}, in place of whatever file or link is there; parents are made
   * as directories of mode 0755.
   */
  record MakeFile(Place place, String path, String content, int mode) implements Step {}

  /**
   * Waits, at most ten seconds, for the network interface with the hardware address {@code mac}
   * ({@code 52:54:00:…}, lower case), and names it; {@link RaiseInterface} comes after.
   *
   * @param mac "" for one that has its name
   * @param mtu bytes, 0 to leave it
   * @param address the hardware address it gets instead
   */
  record NameInterface(String mac, String name, int mtu, Optional<String> address) implements Step {
    /** One that keeps its hardware address. */
    public NameInterface(String mac, String name, int mtu) {
      this(mac, name, mtu, Optional.empty());
    }
  }

  /** Sets the interface {@code name} up, with what the kernel does of itself then. */
  record RaiseInterface(String name) implements Step {}

  /** Gives the interface {@code name} an address with a network prefix of so many bits. */
  record AddAddress(String name, InetAddress address, int prefix) implements Step {
    public AddAddress {
      if (prefix < 0 || prefix > 8 * address.getAddress().length) {
        throw new IllegalArgumentException(address + " has no prefix of " + prefix + " bits");
      }
    }
  }

  /** Makes {@code gateway}, behind the interface {@code name}, the default route. */
  record AddRoute(String name, InetAddress gateway) implements Step {}

  /**
   * Makes the single {@code address} reachable right behind the interface {@code name}, and tells
   * for good at which hardware address it is there.
   *
   * @param address of IPv4
   * @param mac {@code 52:54:00:…}
   */
  record AddNeighbour(String name, InetAddress address, String mac) implements Step {
    public AddNeighbour {
      if (address.getAddress().length != 4 || !mac.matches("[0-9a-f]{2}(:[0-9a-f]{2}){5}")) {
        throw new IllegalArgumentException(address + " at " + mac + " is no neighbour");
      }
    }
  }
}
