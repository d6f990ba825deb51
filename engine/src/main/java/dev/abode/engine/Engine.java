package dev.abode.engine;

import dev.abode.engine.instance.ExecInfo;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.image.Images;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One engine on one root folder, with or without a daemon around it.
 *
 * <p>Opening takes the folder's lock, repairs what a dead engine left half-made, and adopts the
 * workloads that went on without it. Closing leaves them running. Safe for many threads.
 */
public final class Engine implements AutoCloseable {
  private Engine() {}

  /**
   * Opens an engine.
   *
   * @throws dev.abode.engine.failure.EngineException CONFLICT if another engine holds the root,
   *     PERMISSION if this process is not root
   */
  public static Engine open(EngineOptions options) throws IOException {
    throw new UnsupportedOperationException("to come: " + options);
  }

  public EngineOptions options() {
    throw new UnsupportedOperationException("to come");
  }

  public Images images() {
    throw new UnsupportedOperationException("to come");
  }

  /**
   * Makes the record of an instance. Nothing is started.
   *
   * @throws dev.abode.engine.failure.EngineException NOT_FOUND for the image, CONFLICT for a name
   *     in use, INVALID_ARGUMENT and UNSUPPORTED for what cannot be
   */
  public Instance create(InstanceSpec spec) throws IOException {
    throw new UnsupportedOperationException("to come: " + spec);
  }

  /** All instances, newest first. */
  public List<Instance> instances() {
    throw new UnsupportedOperationException("to come");
  }

  /**
   * The instance of that name, ID or unambiguous ID prefix.
   *
   * @throws dev.abode.engine.failure.EngineException NOT_FOUND with Docker's "No such container: X"
   */
  public Instance instance(String nameOrId) {
    throw new UnsupportedOperationException("to come: " + nameOrId);
  }

  /** An exec session by its ID. */
  public Exec exec(String id) {
    throw new UnsupportedOperationException("to come: " + id);
  }

  /** What is known of an exec session, ended ones included for a while. */
  public ExecInfo execInfo(String id) {
    return exec(id).info();
  }

  /**
   * Events from {@code since} on (kept for a while), up to {@code until}; without {@code until} it
   * goes on with what comes.
   */
  public EventStream events(Optional<Instant> since, Optional<Instant> until) {
    throw new UnsupportedOperationException("to come: " + since + until);
  }

  /** Removes every instance that does not run; returns their IDs. */
  public List<String> pruneInstances(Optional<Instant> createdBefore)
      throws IOException, InterruptedException {
    throw new UnsupportedOperationException("to come: " + createdBefore);
  }

  /** What opening repaired, a sentence each. */
  public List<String> repairs() {
    throw new UnsupportedOperationException("to come");
  }

  /** What this host and this engine can do. */
  public HostInfo host() {
    throw new UnsupportedOperationException("to come");
  }

  @Override
  public void close() throws IOException {}
}
