package dev.abode.engine.insight;

import dev.abode.init.Capability;
import dev.abode.init.IdRange;
import dev.abode.init.MountFlag;
import dev.abode.init.Namespace;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The words that the plan and the kernel's view share, so that both can be held side by side. */
final class Wording {
  static final String OWN = "its own";
  static final String HOST = "the host's";
  static final String FOREIGN = "another instance's";
  static final String HOST_FOLDER = "a folder or file of the host";

  private Wording() {}

  static String capabilities(Collection<Capability> held) {
    return held.isEmpty()
        ? "none"
        : EnumSet.copyOf(held).stream().map(Capability::name).collect(Collectors.joining(", "));
  }

  /** The names of set bits of a line {@code Cap…:} of {@code /proc/PID/status}. */
  static Set<Capability> capabilities(long bits) {
    Set<Capability> held = EnumSet.noneOf(Capability.class);
    for (Capability capability : Capability.values()) {
      if ((bits & capability.bit()) != 0) {
        held.add(capability);
      }
    }
    return held;
  }

  static String ids(List<IdRange> ranges) {
    long count = ranges.stream().mapToLong(IdRange::length).sum();
    boolean same = ranges.stream().allMatch(range -> range.inside() == range.outside());
    return same ? "the host's own" : count + " of its own, none of which is anybody on the host";
  }

  /** As {@code uid_map} has them. */
  static String idLines(List<IdRange> ranges) {
    return ranges.stream()
        .map(r -> r.inside() + " " + r.outside() + " " + r.length())
        .collect(Collectors.joining("; "));
  }

  static String identity(long uid, long gid) {
    return (uid == 0 ? "root" : "uid " + uid) + ", gid " + gid;
  }

  static String groups(Collection<? extends Number> groups) {
    return groups.isEmpty()
        ? "none"
        : groups.stream().map(Object::toString).collect(Collectors.joining(", "));
  }

  /**
   * A mount in words.
   *
   * @param type of the file system, or {@link #HOST_FOLDER}
   * @param options of {@code ro}, {@code nosuid}, {@code nodev}, {@code noexec}, {@code idmapped}
   */
  static String mount(String type, Set<String> options) {
    List<String> words = new java.util.ArrayList<>(List.of(type));
    words.add(options.contains("ro") ? "read-only" : "read-write");
    for (String option : List.of("nosuid", "nodev", "noexec")) {
      if (options.contains(option)) {
        words.add(option);
      }
    }
    if (options.contains("idmapped")) {
      words.add("owners mapped");
    }
    return String.join(", ", words);
  }

  /** Mount flags as {@code /proc/PID/mountinfo} spells them. */
  static Set<String> options(Set<MountFlag> flags, boolean idMapped) {
    Set<String> options = new TreeSet<>();
    for (MountFlag flag : flags) {
      options.add(
          switch (flag) {
            case READ_ONLY -> "ro";
            case NO_SUID -> "nosuid";
            case NO_DEV -> "nodev";
            case NO_EXEC -> "noexec";
            case NO_ATIME -> "noatime";
            case STRICT_ATIME -> "strictatime";
            case NO_DIR_ATIME -> "nodiratime";
            case NO_SYMLINK_FOLLOW -> "nosymfollow";
          });
    }
    if (idMapped) {
      options.add("idmapped");
    }
    return options;
  }

  static String limit(String soft, String hard) {
    return soft.equals(hard) ? soft : soft + ", can be raised to " + hard;
  }

  /** A number of bytes with a unit beside it, where that helps. */
  static String bytes(String value) {
    long number;
    try {
      number = Long.parseLong(value);
    } catch (NumberFormatException e) {
      return value;
    }
    if (number < 1 << 20) {
      return value;
    }
    double mebibytes = number / 1048576.0;
    String shown = String.format(Locale.ROOT, "%.1f", mebibytes).replace(".0", "");
    return value + " (" + shown + " MiB)";
  }

  /** What it is to have no namespace of that kind in common with the host. */
  static String why(Namespace namespace) {
    return switch (namespace) {
      case PID ->
          "Sees its own processes only, the first being number 1, and can signal no others.";
      case MOUNT -> "Has a table of mounts of its own; the host never sees what is mounted inside.";
      case NETWORK -> "Has interfaces, addresses, ports and firewall rules of its own.";
      case IPC -> "Shares no System V memory, semaphores or message queues with the host.";
      case UTS -> "Has a host name of its own, and cannot change the host's.";
      case USER -> "Has users of its own: root inside is a powerless number outside.";
      case CGROUP -> "Sees its own control group as the root, and not where on the host it is.";
    };
  }

  /** What a process inside could do with it, over its own namespaces. */
  static String why(Capability capability) {
    return switch (capability) {
      case CHOWN -> "give files to other users inside";
      case DAC_OVERRIDE -> "read and write files whatever their permissions say";
      case DAC_READ_SEARCH -> "read any file and folder, and open files by handle";
      case FOWNER -> "change permissions of files that belong to others";
      case FSETID -> "keep set-user-ID bits when changing a file";
      case KILL -> "signal processes of other users inside";
      case SETGID -> "change its group";
      case SETUID -> "change its user, as login and su do";
      case SETPCAP -> "drop capabilities for good";
      case LINUX_IMMUTABLE -> "make files immutable";
      case NET_BIND_SERVICE -> "listen on ports below 1024";
      case NET_BROADCAST -> "send broadcasts";
      case NET_ADMIN -> "change interfaces, routes and firewall rules";
      case NET_RAW -> "send raw packets, as ping does";
      case IPC_LOCK -> "lock memory";
      case IPC_OWNER -> "use any System V object";
      case SYS_MODULE -> "load code into the kernel";
      case SYS_RAWIO -> "talk to hardware ports and raw memory";
      case SYS_CHROOT -> "change its root folder";
      case SYS_PTRACE -> "look into and change other processes";
      case SYS_PACCT -> "switch process accounting";
      case SYS_ADMIN -> "mount file systems and do a hundred other things: nearly root itself";
      case SYS_BOOT -> "restart the machine or load another kernel";
      case SYS_NICE -> "raise priorities";
      case SYS_RESOURCE -> "exceed limits";
      case SYS_TIME -> "set the clock of the whole machine";
      case SYS_TTY_CONFIG -> "configure terminals";
      case MKNOD -> "make device files (opening them is another matter)";
      case LEASE -> "take leases on files";
      case AUDIT_WRITE -> "write to the audit log";
      case AUDIT_CONTROL -> "configure auditing";
      case SETFCAP -> "give programs capabilities of their own";
      case MAC_OVERRIDE -> "override mandatory access control";
      case MAC_ADMIN -> "configure mandatory access control";
      case SYSLOG -> "read the kernel's messages";
      case WAKE_ALARM -> "wake the machine";
      case BLOCK_SUSPEND -> "keep the machine awake";
      case AUDIT_READ -> "read the audit log";
      case PERFMON -> "measure everything that runs";
      case BPF -> "load programs into the kernel";
      case CHECKPOINT_RESTORE -> "freeze and restore processes";
    };
  }
}
