package dev.abode.engine.instance;

/** What a wait waits for, Docker's words. */
public enum WaitCondition {
  /** Returns at once when it does not run. */
  NOT_RUNNING,
  /** The next end, even if it does not run now. */
  NEXT_EXIT,
  REMOVED
}
