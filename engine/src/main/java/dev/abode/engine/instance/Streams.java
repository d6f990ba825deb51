package dev.abode.engine.instance;

/**
 * The standard streams of a workload.
 *
 * @param terminal a pseudo terminal instead of pipes ({@code -t})
 * @param openStdin whether it has a standard input ({@code -i})
 * @param closeStdinOnce whether standard input ends with the first client attached to it
 */
public record Streams(boolean terminal, boolean openStdin, boolean closeStdinOnce) {
  public static final Streams OUTPUT_ONLY = new Streams(false, false, false);
}
