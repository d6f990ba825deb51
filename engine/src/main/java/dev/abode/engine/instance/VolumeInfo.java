package dev.abode.engine.instance;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A volume: files that outlive the instances they are mounted into.
 *
 * @param folder with its content, on the host
 */
public record VolumeInfo(String name, Path folder, Instant created) {}
