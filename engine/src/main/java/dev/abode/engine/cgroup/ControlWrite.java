package dev.abode.engine.cgroup;

import java.nio.file.Path;

/**
 * One value for one file of a control group.
 *
 * @param what the limit in the user's words, for example {@code --memory}
 */
public record ControlWrite(Path file, String value, String what) {}
