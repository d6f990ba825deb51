package dev.abode.engine.launch;

import java.time.Duration;

/**
 * What was saved of an instance.
 *
 * @param running whether its processes go on where they were
 * @param stoodStill for how long it was stopped for that
 */
public record SavedState(boolean running, Duration stoodStill) {}
