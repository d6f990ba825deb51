package dev.abode.engine.machine;

/** Who runs the guest's instructions. */
public enum Acceleration {
  /** The processor itself, by the kernel's KVM. */
  KVM("KVM"),
  /** QEMU's translator, where KVM is missing or cannot boot a guest. */
  EMULATION("software emulation");

  private final String words;

  Acceleration(String words) {
    this.words = words;
  }

  @Override
  public String toString() {
    return words;
  }
}
