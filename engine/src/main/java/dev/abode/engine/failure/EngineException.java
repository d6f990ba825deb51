package dev.abode.engine.failure;

/**
 * Why the engine did not do what it was asked, in a sentence that says what was tried, on what, why
 * it failed and what to do. Nothing half-made is left behind when one is thrown.
 */
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /** The few kinds of failure; each interface maps each of them once. */
  public enum Kind {
    NOT_FOUND,
    /** The thing is in a state in which this is not legal. */
    CONFLICT,
    INVALID_ARGUMENT,
    PERMISSION,
    /** It may work later. */
    UNAVAILABLE,
    /** A bound was reached: disk, memory, ids. */
    EXHAUSTED,
    /** Understood, but not possible here: on this kernel, behind these walls, in this version. */
    UNSUPPORTED,
    /** The workload's program could not be found in its root file system (exit status 127). */
    COMMAND_NOT_FOUND,
    /** The workload's program is there but could not be executed (exit status 126). */
    COMMAND_NOT_EXECUTABLE,
    /** A defect of ours, or a disk that fails. */
    INTERNAL
  }

  public EngineException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public EngineException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
