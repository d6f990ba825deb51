package dev.abode.engine.instance;

import java.time.Duration;
import java.time.Instant;

/**
 * What an instance was at a moment.
 *
 * @param running whether its memory and processes are saved as well, so that they go on
 * @param stoodStill for how long it was stopped to be saved
 * @param sizeBytes on disk, what it shares with others included
 * @param ownBytes what its removal would free
 */
public record SnapshotInfo(
    String name,
    Instant created,
    boolean running,
    Duration stoodStill,
    long sizeBytes,
    long ownBytes) {}
