package dev.abode.init;

/** How mount events travel, {@code mount_namespaces(7)}; bits are {@code MS_*} of linux/mount.h. */
public enum Propagation {
  UNCHANGED(0),
  PRIVATE(1 << 18),
  SLAVE(1 << 19),
  SHARED(1 << 20);

  private final int bit;

  Propagation(int bit) {
    this.bit = bit;
  }

  /** The {@code MS_*} bit, 0 for unchanged. */
  public int bit() {
    return bit;
  }
}
