package dev.abode.engine.instance;

import java.util.OptionalInt;

/**
 * An exec session at one moment.
 *
 * @param exitCode absent until it has ended
 * @param pid on the host, 0 when it does not run
 */
public record ExecInfo(
    String id, String instanceId, ExecSpec spec, boolean running, OptionalInt exitCode, int pid) {}
