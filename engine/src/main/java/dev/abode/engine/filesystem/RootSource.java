package dev.abode.engine.filesystem;

import dev.abode.init.LaunchPlan;
import dev.abode.init.ShimBinary;
import java.nio.file.Path;

/** Where a container's root file system is mounted for us to reach it. */
public sealed interface RootSource {

  /**
   * In the mount namespace of its workload, which runs.
   *
   * @param pid of the workload on the host
   * @param startTicks field 22 of {@code /proc/PID/stat}, which tells that the pid is still this
   *     process
   * @param ids of the workload's user namespace
   */
  record Running(int pid, long startTicks, IdMapping ids) implements RootSource {}

  /**
   * Nowhere yet: a shim mounts it for the time of one operation, in no user namespace, so that
   * owners are those on disk. The mounts are that shim's own and vanish with it.
   *
   * @param plan ends with {@link dev.abode.init.Step.Hold}
   * @param sockets a folder made for the shim's socket and removed with it, in which {@link
   *     HeldRoots#sweep} finds a shim that an engine left behind by dying
   */
  record Stopped(ShimBinary binary, LaunchPlan plan, Path sockets) implements RootSource {}
}
