package dev.abode.init;

/**
 * The namespaces of {@code namespaces(7)}, with their {@code CLONE_NEW*} flags of linux/sched.h.
 */
public enum Namespace {
  MOUNT(0x0002_0000, "mnt"),
  CGROUP(0x0200_0000, "cgroup"),
  UTS(0x0400_0000, "uts"),
  IPC(0x0800_0000, "ipc"),
  USER(0x1000_0000, "user"),
  PID(0x2000_0000, "pid"),
  NETWORK(0x4000_0000, "net");

  private final int cloneFlag;
  private final String procName;

  Namespace(int cloneFlag, String procName) {
    this.cloneFlag = cloneFlag;
    this.procName = procName;
  }

  /** The {@code CLONE_NEW*} flag. */
  public int cloneFlag() {
    return cloneFlag;
  }

  /** The file name under {@code /proc/PID/ns}. */
  public String procName() {
    return procName;
  }
}
