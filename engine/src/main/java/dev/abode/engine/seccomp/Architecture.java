package dev.abode.engine.seccomp;

import dev.abode.engine.failure.EngineException;
import java.util.Arrays;
import java.util.Optional;

/** The calling conventions for which filters are made. */
enum Architecture {
  // AUDIT_ARCH_* of linux/audit.h: ELF machine, 64-bit flag, little-endian flag
  X86_64("SCMP_ARCH_X86_64", "amd64", 0xC000_003E),
  I386("SCMP_ARCH_X86", "x86", 0x4000_0003),
  AARCH64("SCMP_ARCH_AARCH64", "arm64", 0xC000_00B7);

  private final String profileName;
  private final String shortName;
  private final int auditNumber;

  Architecture(String profileName, String shortName, int auditNumber) {
    this.profileName = profileName;
    this.shortName = shortName;
    this.auditNumber = auditNumber;
  }

  /** {@code AUDIT_ARCH_*}, which the kernel puts into {@code seccomp_data.arch}. */
  int auditNumber() {
    return auditNumber;
  }

  /** As {@code includes.arches} of a profile names it. */
  String shortName() {
    return shortName;
  }

  /** The one that a profile calls {@code SCMP_ARCH_…}; empty for one that cannot occur here. */
  static Optional<Architecture> ofProfile(String name) {
    return Arrays.stream(values()).filter(a -> a.profileName.equals(name)).findFirst();
  }

  /** The machine's own. */
  static Architecture ofJava(String osArch) {
    return switch (osArch) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64" -> AARCH64;
      default ->
          throw new EngineException(
              EngineException.Kind.UNSUPPORTED,
              "there is no seccomp filter for "
                  + osArch
                  + "; run with --security-opt seccomp=unconfined");
    };
  }
}
