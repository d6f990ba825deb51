package dev.abode.engine.machine;

import java.nio.file.Path;
import java.util.List;

/**
 * The QEMU of this host, and what it runs on.
 *
 * @param program its executable
 * @param version for example {@code 7.2.22}
 * @param acceleration found by booting a guest
 * @param libraries folders with the shared libraries it is linked with, as the linker names them
 * @param data folders with its firmware
 */
public record Hypervisor(
    Path program,
    String version,
    Acceleration acceleration,
    List<Path> libraries,
    List<Path> data) {
  public Hypervisor {
    libraries = List.copyOf(libraries);
    data = List.copyOf(data);
  }

  /** For people: {@code QEMU 7.2.22, KVM}. */
  @Override
  public String toString() {
    return "QEMU " + version + ", " + acceleration;
  }
}
