package dev.abode.engine.seccomp;

import dev.abode.init.Capability;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A profile in Docker's JSON form, read. Rules are in the order of the file; for a system call that
 * several rules name, the first whose conditions hold decides.
 *
 * @param otherwise for calls that no rule names
 * @param subArchitectures further calling conventions of a machine of the given one; a machine that
 *     is not in it has only its own
 */
record SeccompProfile(
    Verdict otherwise, Map<Architecture, Set<Architecture>> subArchitectures, List<Rule> rules) {
  SeccompProfile {
    subArchitectures = Map.copyOf(subArchitectures);
    rules = List.copyOf(rules);
  }

  /**
   * @param names of system calls; those an architecture does not have are passed over
   * @param conditions all of which must hold
   * @param includes when it applies at all
   * @param excludes when it does not
   */
  record Rule(
      List<String> names,
      Verdict verdict,
      List<Condition> conditions,
      Filter includes,
      Filter excludes) {
    Rule {
      names = List.copyOf(names);
      conditions = List.copyOf(conditions);
    }

    /** Whether it holds for an instance of {@code situation}. */
    boolean appliesTo(Situation situation) {
      boolean included =
          situation.capabilities().containsAll(includes.capabilities())
              && !includes.unknownCapability()
              && (includes.architectures().isEmpty()
                  || includes.architectures().contains(situation.machine().shortName()))
              && includes.minKernel().map(situation::kernelAtLeast).orElse(true);
      boolean excluded =
          excludes.capabilities().stream().anyMatch(situation.capabilities()::contains)
              || excludes.architectures().contains(situation.machine().shortName())
              || excludes.minKernel().map(situation::kernelAtLeast).orElse(false);
      return included && !excluded;
    }
  }

  /**
   * @param unknownCapability whether one was named that this engine does not know, which nobody
   *     holds then
   * @param architectures as {@code amd64}; empty for all
   */
  record Filter(
      Set<Capability> capabilities,
      boolean unknownCapability,
      Set<String> architectures,
      Optional<KernelVersion> minKernel) {
    static final Filter NONE = new Filter(Set.of(), false, Set.of(), Optional.empty());

    Filter {
      capabilities = Set.copyOf(capabilities);
      architectures = Set.copyOf(architectures);
    }
  }

  record KernelVersion(int major, int minor) {}

  /** Where a filter is going to be. */
  record Situation(
      Architecture machine, Set<Capability> capabilities, int kernelMajor, int kernelMinor) {
    Situation {
      capabilities = Set.copyOf(capabilities);
    }

    boolean kernelAtLeast(KernelVersion version) {
      return kernelMajor > version.major()
          || (kernelMajor == version.major() && kernelMinor >= version.minor());
    }
  }
}
