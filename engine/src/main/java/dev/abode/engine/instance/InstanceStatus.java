package dev.abode.engine.instance;

import java.util.Locale;

/** Where an instance is in its life; the names are Docker's. */
public enum InstanceStatus {
  /** A record only; nothing of it exists in the kernel. */
  CREATED,
  RUNNING,
  /** Running, frozen. */
  PAUSED,
  /** Ended, and waiting for its restart policy to start it again. */
  RESTARTING,
  REMOVING,
  EXITED,
  /** A removal failed half-way; only removing it again is legal. */
  DEAD;

  /** Docker's spelling, for example {@code running}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
