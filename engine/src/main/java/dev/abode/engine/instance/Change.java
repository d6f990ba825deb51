package dev.abode.engine.instance;

/** A path that differs from the image, {@code docker diff}. */
public record Change(Kind kind, String path) {
  /** Docker's letters C, A, D; the API's numbers are the ordinals. */
  public enum Kind {
    MODIFIED,
    ADDED,
    DELETED
  }
}
