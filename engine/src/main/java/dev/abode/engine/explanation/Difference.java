package dev.abode.engine.explanation;

/**
 * Where the kernel's view of a running instance is not what its plan says.
 *
 * @param planned empty for what the plan does not have
 * @param seen empty for what the kernel does not show
 * @param remark how that can come, empty when nothing harmless explains it
 */
public record Difference(String chapter, String what, String planned, String seen, String remark) {}
