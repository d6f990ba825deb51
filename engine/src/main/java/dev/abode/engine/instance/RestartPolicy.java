package dev.abode.engine.instance;

/**
 * Whether an instance starts again when it has ended.
 *
 * @param maxRetries for {@link Mode#ON_FAILURE}, 0 for no bound
 */
public record RestartPolicy(Mode mode, int maxRetries) {
  public static final RestartPolicy NO = new RestartPolicy(Mode.NO, 0);

  /** When to start again. */
  public enum Mode {
    NO,
    ON_FAILURE,
    ALWAYS,
    UNLESS_STOPPED
  }

  public RestartPolicy {
    if (maxRetries < 0 || (maxRetries > 0 && mode != Mode.ON_FAILURE)) {
      throw new IllegalArgumentException(
          "a maximum retry count ("
              + maxRetries
              + ") goes with on-failure only, and is not negative");
    }
  }
}
