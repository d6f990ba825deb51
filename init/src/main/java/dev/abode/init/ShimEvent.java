package dev.abode.init;

import java.nio.ByteBuffer;

/** What a connection to a shim delivers. */
public sealed interface ShimEvent {
  /** The shim has not been told to start. */
  record Waiting() implements ShimEvent {}

  /** The workload's process and its namespaces exist ({@link Step.TellEngine}). */
  record Created(int pid) implements ShimEvent {}

  /** The machine's process runs, its workload does not yet. */
  record Booting(int pid, long startTicks) implements ShimEvent {}

  /**
   * The agent in the guest answers: lines of a name, a space and a value, of the guest's making.
   */
  record Ready(String facts) implements ShimEvent {}

  /** The answer to {@link Shim#ask}; {@code errno} is 0 when all went well. */
  record Answer(int errno, ByteBuffer content) implements ShimEvent {}

  /** The workload runs: {@code execve} succeeded, or the plan holds. */
  record Started(int pid, long startTicks) implements ShimEvent {}

  /** The launch failed in {@code phase} at {@code step} of its list; nothing of it is left. */
  record Failed(LaunchPlan.Phase phase, int step, int errno) implements ShimEvent {}

  /**
   * The workload ended and its exit record, if asked for, is on disk. Its mounts may still be there
   * for a moment, until {@link Gone}: who starts it again on the same upper directory waits for
   * that.
   */
  record Exited(ExitRecord record) implements ShimEvent {}

  /** The workload wrote; only on an attached connection. */
  record Output(int stream, long timeNanos, ByteBuffer bytes) implements ShimEvent {}

  /**
   * The connection ended: the shim is gone, and with it all it made. Always last, and repeated if
   * asked again.
   */
  record Gone() implements ShimEvent {}
}
