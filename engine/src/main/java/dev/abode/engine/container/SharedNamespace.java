package dev.abode.engine.container;

/**
 * A process whose namespace is joined.
 *
 * @param startTicks field 22 of {@code /proc/PID/stat}, so that a pid used again is noticed
 */
public record SharedNamespace(int pid, long startTicks) {}
