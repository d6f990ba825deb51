package dev.abode.engine.instance;

import java.time.Instant;

/**
 * A file of an instance, what {@code docker cp} asks for first.
 *
 * @param mode {@code st_mode} of {@code stat(2)}: type and permissions
 * @param linkTarget of a symbolic link, empty otherwise
 */
public record FileStat(
    String name, long sizeBytes, int mode, Instant modified, String linkTarget) {}
