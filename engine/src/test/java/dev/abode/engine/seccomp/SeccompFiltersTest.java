package dev.abode.engine.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.init.Capability;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SeccompFiltersTest {
  private static final Verdict EPERM = Verdict.errno(1);
  private static final Verdict ENOSYS = Verdict.errno(38);
  private static final Set<Capability> USUAL =
      EnumSet.of(Capability.CHOWN, Capability.SYS_CHROOT, Capability.MKNOD);

  private static FilterMachine builtIn(Set<Capability> capabilities, String machine) {
    return new FilterMachine(
        SeccompFilters.program(new SeccompChoice.Default(), capabilities, machine, 6, 1)
            .orElseThrow());
  }

  private static FilterMachine profile(String json) {
    return new FilterMachine(
        SeccompFilters.program(new SeccompChoice.Profile(json), USUAL, "amd64", 6, 1)
            .orElseThrow());
  }

  private static Verdict call(
      FilterMachine machine, Architecture architecture, String name, long... arguments) {
    int number = SyscallTable.number(architecture, name).orElseThrow();
    return machine.run(architecture.auditNumber(), number, arguments);
  }

  private static Verdict call(FilterMachine machine, String name, long... arguments) {
    return call(machine, Architecture.X86_64, name, arguments);
  }

  @Test
  void unconfinedIsNoFilter() {
    assertThat(SeccompFilters.program(new SeccompChoice.Unconfined(), USUAL, "amd64", 6, 1))
        .isEmpty();
  }

  /** Every number of every architecture, against a plain reading of the profile. */
  @ParameterizedTest
  @EnumSource
  void everyCallIsAnsweredAsTheProfileSays(Architecture architecture) {
    String machine = architecture == Architecture.AARCH64 ? "aarch64" : "amd64";
    FilterMachine filter = builtIn(USUAL, machine);
    SeccompProfile profile = SeccompFilters.builtIn();
    SeccompProfile.Situation situation =
        new SeccompProfile.Situation(Architecture.ofJava(machine), USUAL, 6, 1);
    SyscallTable.numbers(architecture)
        .forEach(
            (name, number) -> {
              List<SeccompProfile.Rule> naming =
                  profile.rules().stream()
                      .filter(r -> r.names().contains(name) && r.appliesTo(situation))
                      .toList();
              if (naming.stream().allMatch(r -> r.conditions().isEmpty())) {
                Verdict expected =
                    naming.isEmpty() ? profile.otherwise() : naming.getFirst().verdict();
                assertThat(filter.run(architecture.auditNumber(), number))
                    .as(name)
                    .isEqualTo(expected);
              }
            });
  }

  /** The kernel translates it for each process that is launched. */
  @Test
  void rangesThatAreDecidedAlikeShareOneAnswer() {
    assertThat(builtIn(USUAL, "amd64").length()).isLessThan(350);
  }

  @Test
  void programsWorkAndEscapesDoNot() {
    FilterMachine filter = builtIn(USUAL, "amd64");
    for (String name :
        List.of(
            "read",
            "write",
            "openat",
            "execve",
            "mmap",
            "futex",
            "epoll_wait",
            "chroot",
            "capset",
            "setresuid",
            "prctl",
            "seccomp",
            "close_range",
            "ptrace",
            "getcwd")) {
      assertThat(call(filter, name)).as(name).isEqualTo(Verdict.ALLOW);
    }
    for (String name :
        List.of(
            "keyctl",
            "add_key",
            "request_key",
            "bpf",
            "mount",
            "umount2",
            "unshare",
            "setns",
            "kexec_load",
            "init_module",
            "finit_module",
            "open_by_handle_at",
            "io_uring_setup",
            "userfaultfd",
            "perf_event_open",
            "reboot",
            "swapon",
            "acct",
            "move_mount",
            "process_vm_writev",
            "clock_settime",
            "pivot_root",
            "syslog")) {
      assertThat(call(filter, name)).as(name).isEqualTo(EPERM);
    }
  }

  @Test
  void aCapabilityBringsItsCalls() {
    Set<Capability> admin = EnumSet.of(Capability.SYS_ADMIN);
    FilterMachine filter = builtIn(admin, "amd64");
    for (String name : List.of("mount", "unshare", "setns", "clone3", "bpf")) {
      assertThat(call(filter, name)).as(name).isEqualTo(Verdict.ALLOW);
    }
    assertThat(call(filter, "clone", 0x1000_0000L)).isEqualTo(Verdict.ALLOW);
    assertThat(call(filter, "chroot")).isEqualTo(EPERM);
    assertThat(call(builtIn(EnumSet.of(Capability.SYS_TIME), "amd64"), "clock_settime"))
        .isEqualTo(Verdict.ALLOW);
  }

  @Test
  void threadsAreMadeButNoNamespaces() {
    FilterMachine filter = builtIn(USUAL, "amd64");
    long thread = 0x003d_0f00L;
    assertThat(call(filter, "clone", thread)).isEqualTo(Verdict.ALLOW);
    assertThat(call(filter, "clone", 17)).isEqualTo(Verdict.ALLOW);
    for (long namespace :
        new long[] {
          0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000
        }) {
      assertThat(call(filter, "clone", namespace | 17)).isEqualTo(EPERM);
    }
    assertThat(call(filter, "clone3")).isEqualTo(ENOSYS);
  }

  @Test
  void socketsOfHypervisorsAndCiphersAreClosed() {
    FilterMachine filter = builtIn(USUAL, "amd64");
    for (long family : new long[] {1, 2, 10, 16, 17, 39, 41}) {
      assertThat(call(filter, "socket", family, 1, 0)).isEqualTo(Verdict.ALLOW);
    }
    assertThat(call(filter, "socket", 38, 5, 0)).isEqualTo(EPERM);
    assertThat(call(filter, "socket", 40, 1, 0)).isEqualTo(EPERM);
    assertThat(call(filter, Architecture.I386, "socket", 40, 1, 0)).isEqualTo(EPERM);
    assertThat(call(filter, Architecture.I386, "socketcall", 1)).isEqualTo(ENOSYS);
  }

  @Test
  void onlyHarmlessPersonalities() {
    FilterMachine filter = builtIn(USUAL, "amd64");
    for (long value : new long[] {0, 8, 0x20000, 0x20008, 0xffff_ffffL}) {
      assertThat(call(filter, "personality", value)).isEqualTo(Verdict.ALLOW);
    }
    // ADDR_NO_RANDOMIZE and READ_IMPLIES_EXEC
    assertThat(call(filter, "personality", 0x0040000)).isEqualTo(EPERM);
    assertThat(call(filter, "personality", 0x0400000)).isEqualTo(EPERM);
  }

  @Test
  void callsOfTheFutureDoNotExist() {
    FilterMachine filter = builtIn(USUAL, "amd64");
    assertThat(filter.run(Architecture.X86_64.auditNumber(), 1000)).isEqualTo(ENOSYS);
  }

  @Test
  void x32NumbersDoNotExistAndOtherMachinesAreKilled() {
    FilterMachine filter = builtIn(USUAL, "amd64");
    assertThat(filter.run(Architecture.X86_64.auditNumber(), 0x4000_0000)).isEqualTo(ENOSYS);
    assertThat(filter.run(Architecture.X86_64.auditNumber(), 0x4000_0000 | 520)).isEqualTo(ENOSYS);
    assertThat(filter.run(Architecture.X86_64.auditNumber(), -1)).isEqualTo(EPERM);
    assertThat(filter.run(Architecture.AARCH64.auditNumber(), 0)).isEqualTo(Verdict.KILL_PROCESS);
    assertThat(filter.run(0x8000_0028, 0)).isEqualTo(Verdict.KILL_PROCESS);
    assertThat(builtIn(USUAL, "aarch64").run(Architecture.X86_64.auditNumber(), 0))
        .isEqualTo(Verdict.KILL_PROCESS);
  }

  @ParameterizedTest
  @CsvSource({
    "SCMP_CMP_EQ, 4294967301, 0, 4294967301, true",
    "SCMP_CMP_EQ, 4294967301, 0, 5, false",
    "SCMP_CMP_EQ, 5, 0, 4294967301, false",
    "SCMP_CMP_NE, 5, 0, 5, false",
    "SCMP_CMP_NE, 5, 0, 4294967301, true",
    "SCMP_CMP_LT, 4294967301, 0, 4294967300, true",
    "SCMP_CMP_LT, 4294967301, 0, 4294967301, false",
    "SCMP_CMP_LT, 4294967301, 0, 9, true",
    "SCMP_CMP_LT, 5, 0, -1, false",
    "SCMP_CMP_LE, 5, 0, 5, true",
    "SCMP_CMP_LE, 5, 0, 6, false",
    "SCMP_CMP_LE, 4294967296, 0, 4294967297, false",
    "SCMP_CMP_GT, 5, 0, 5, false",
    "SCMP_CMP_GT, 5, 0, 6, true",
    "SCMP_CMP_GT, 5, 0, 4294967296, true",
    "SCMP_CMP_GE, 5, 0, 5, true",
    "SCMP_CMP_GE, 4294967301, 0, 4294967300, false",
    "SCMP_CMP_GE, 5, 0, -1, true",
    "SCMP_CMP_MASKED_EQ, 12, 4, 7, true",
    "SCMP_CMP_MASKED_EQ, 12, 4, 12, false",
    "SCMP_CMP_MASKED_EQ, 8589934592, 8589934592, 8589934593, true",
    "SCMP_CMP_MASKED_EQ, 8589934592, 8589934592, 1, false",
  })
  void comparisonsAreUnsignedAndOf64Bits(
      String operator, long value, long other, long argument, boolean holds) {
    FilterMachine filter =
        profile(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
              {"names": ["read"], "action": "SCMP_ACT_ALLOW",
               "args": [{"index": 2, "value": %d, "valueTwo": %d, "op": "%s"}]}]}
            """
                .formatted(value, other, operator));
    assertThat(call(filter, "read", 0, 0, argument)).isEqualTo(holds ? Verdict.ALLOW : EPERM);
  }

  @Test
  void conditionsOnTwoArgumentsMustBothHoldAndOnOneAreAlternatives() {
    String json =
        """
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
          {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 22, "args": [
            {"index": 0, "value": 16, "op": "SCMP_CMP_EQ"},
            {"index": 2, "value": 9, "op": "SCMP_CMP_EQ"}]},
          {"names": ["dup"], "action": "SCMP_ACT_KILL_PROCESS", "args": [
            {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"},
            {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]}]}
        """;
    FilterMachine filter = profile(json);
    assertThat(call(filter, "socket", 16, 3, 9)).isEqualTo(Verdict.errno(22));
    assertThat(call(filter, "socket", 16, 3, 0)).isEqualTo(Verdict.ALLOW);
    assertThat(call(filter, "dup", 1)).isEqualTo(Verdict.KILL_PROCESS);
    assertThat(call(filter, "dup", 2)).isEqualTo(Verdict.KILL_PROCESS);
    assertThat(call(filter, "dup", 3)).isEqualTo(Verdict.ALLOW);
    // An allowing profile has no opinion on later calls either.
    assertThat(filter.run(Architecture.X86_64.auditNumber(), 1000)).isEqualTo(Verdict.ALLOW);
  }

  @Test
  void includesAndExcludesSelectRules() {
    String json =
        """
        {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13,
         "archMap": [{"architecture": "SCMP_ARCH_X86_64",
                      "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}],
         "syscalls": [
          {"name": "read", "action": "SCMP_ACT_ALLOW"},
          {"names": ["write"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_CHOWN"]}},
          {"names": ["open"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}},
          {"names": ["close"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_CHOWN"]}},
          {"names": ["stat"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
          {"names": ["poll"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "6.1"}},
          {"names": ["brk"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "6.2"}},
          {"names": ["no_such_call"], "action": "SCMP_ACT_ALLOW"},
          {"names": ["dup"], "action": "SCMP_ACT_LOG"},
          {"names": ["dup2"], "action": "SCMP_ACT_TRAP"},
          {"names": ["pipe"], "action": "SCMP_ACT_KILL"},
          {"names": ["dup3"], "action": "SCMP_ACT_TRACE", "errnoRet": 7}]}
        """;
    FilterMachine filter = profile(json);
    Verdict denied = Verdict.errno(13);
    Map<String, Verdict> expected =
        Map.ofEntries(
            Map.entry("read", Verdict.ALLOW),
            Map.entry("write", Verdict.ALLOW),
            Map.entry("open", denied),
            Map.entry("close", denied),
            Map.entry("stat", denied),
            Map.entry("poll", Verdict.ALLOW),
            Map.entry("brk", denied),
            Map.entry("dup", Verdict.LOG),
            Map.entry("dup2", Verdict.TRAP),
            Map.entry("pipe", Verdict.KILL_THREAD),
            Map.entry("dup3", Verdict.trace(7)),
            Map.entry("lseek", denied));
    expected.forEach(
        (name, verdict) -> {
          assertThat(call(filter, name)).as(name).isEqualTo(verdict);
          assertThat(call(filter, Architecture.I386, name)).as(name).isEqualTo(verdict);
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | an object was expected",
        "{ | not valid JSON",
        "{} | the profile.defaultAction: it is missing",
        "{\"defaultAction\": \"SCMP_ACT_NOTIFY\"} | not an action that is supported",
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"action\": \"SCMP_ACT_LOG\"}]}"
            + " | names no system call",
      })
  void whatIsNoProfileIsRefused(String json, String why) {
    assertThatThrownBy(() -> profile(json))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("Decoding seccomp profile failed")
        .hasMessageContaining(why);
  }

  @Test
  void theProgramIsSmallAndShallow() {
    FilterMachine filter = builtIn(USUAL, "amd64");
    assertThat(filter.length()).isLessThan(600);
  }
}
