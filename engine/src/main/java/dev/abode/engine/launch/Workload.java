package dev.abode.engine.launch;

import java.util.OptionalLong;

/**
 * A running workload.
 *
 * @param pid on the host
 * @param startTicks field 22 of {@code /proc/PID/stat}, which tells it from a later process of the
 *     same pid
 * @param firstId the first host id of its range; empty for the host's user namespace
 */
public record Workload(int pid, long startTicks, OptionalLong firstId) {}
