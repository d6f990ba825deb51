package dev.abode.engine.insight;

import dev.abode.engine.cgroup.ControlWrite;

/** What a limit of a control group does. */
final class LimitWords {
  private LimitWords() {}

  static String of(ControlWrite write) {
    String words =
        switch (String.valueOf(write.file().getFileName())) {
          case "memory.limit_in_bytes", "memory.max" ->
              "Bytes of memory, files in cache included; beyond it the kernel ends a process inside.";
          case "memory.memsw.limit_in_bytes" -> "Bytes of memory and swap together.";
          case "memory.swap.max" -> "Bytes of swap.";
          case "memory.soft_limit_in_bytes", "memory.low" ->
              "Bytes it keeps when memory is scarce.";
          case "pids.max" -> "Processes and threads at a time: a fork bomb ends here.";
          case "cpu.shares", "cpu.weight" -> "Its part of the CPUs when others want them too.";
          case "cpu.cfs_period_us" -> "Microseconds of the period that the quota is for.";
          case "cpu.cfs_quota_us" -> "Microseconds of CPU time in each period.";
          case "cpu.max" -> "Microseconds of CPU time, and the period they are for.";
          case "cpuset.cpus" -> "The CPUs it may run on.";
          case "cpuset.mems" -> "The memory nodes it may use.";
          case "memory.oom_control" -> "Its processes wait for memory instead of being ended.";
          default -> "";
        };
    return words.isEmpty() ? write.what() : words + " (" + write.what() + ")";
  }
}
