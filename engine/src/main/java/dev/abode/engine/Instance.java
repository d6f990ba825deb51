package dev.abode.engine;

import dev.abode.engine.instance.Change;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.FileStat;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.instance.ProcessTable;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.SnapshotInfo;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.image.Image;
import dev.abode.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One container or virtual machine: a record on disk, and between start and end a workload behind
 * walls. An object of this type is a handle; many may exist for one instance, used by many threads.
 *
 * <p>Life: <em>created</em> → start → <em>running</em> ⇄ <em>paused</em> → end → <em>exited</em> →
 * start …, and from any state remove. Operations that change an instance exclude each other;
 * questions never wait for them. An operation that is not legal in the present state throws {@link
 * dev.abode.engine.failure.EngineException} of kind CONFLICT, one on a removed instance NOT_FOUND.
 */
public interface Instance {
  String id();

  InstanceInfo info();

  // ---- life

  /**
   * Starts it; does nothing when it runs. Returns when the workload's program is being executed.
   *
   * @return whether it was not running before
   */
  boolean start() throws IOException;

  /**
   * Asks the workload to end with its stop signal, and kills it after {@code timeout} (its own stop
   * timeout if empty; a negative one waits for ever). Does nothing when it does not run.
   *
   * @return whether it was running before
   */
  boolean stop(Optional<Duration> timeout, Optional<String> signal)
      throws IOException, InterruptedException;

  void restart(Optional<Duration> timeout, Optional<String> signal)
      throws IOException, InterruptedException;

  /** Sends a signal, by name or number, to the workload. */
  void kill(String signal) throws IOException;

  void pause() throws IOException;

  void unpause() throws IOException;

  /**
   * Removes it.
   *
   * @param force end it first if it runs
   * @param volumes remove its anonymous volumes as well
   */
  void remove(boolean force, boolean volumes) throws IOException, InterruptedException;

  void rename(String name) throws IOException;

  /**
   * Changes limits, at once if it runs, and the restart policy. An absent limit stays as it is.
   *
   * @return warnings
   */
  List<String> update(Limits limits, Optional<RestartPolicy> restart) throws IOException;

  /** Waits; returns the state it had when the condition came true. */
  InstanceState await(WaitCondition condition) throws InterruptedException;

  /**
   * Waits in two steps: ends count from this call on, also those before {@link Waiting#await} is
   * called. Who must tell somebody "I am waiting" before waiting loses nothing in between.
   */
  Waiting waiting(WaitCondition condition);

  /** A wait that has begun. */
  @FunctionalInterface
  interface Waiting {
    /** Returns the state it had when the condition came true. */
    InstanceState await() throws InterruptedException;
  }

  // ---- snapshots

  /**
   * Saves what it is at this moment. Of a virtual machine that runs, memory, devices and disk are
   * saved together, while it stands still for a moment; of one that does not run, and of a
   * container, its files and volumes. A container that runs cannot be saved.
   *
   * @param name unique among those of this instance; empty for one made of the time
   */
  SnapshotInfo snapshot(Optional<String> name) throws IOException;

  /** The oldest first. */
  List<SnapshotInfo> snapshots() throws IOException;

  /** Their names, sorted; unlike {@link #snapshots} it measures nothing. */
  List<String> snapshotNames() throws IOException;

  void removeSnapshot(String name) throws IOException;

  /**
   * Goes back to a snapshot, the newest one if {@code name} is empty. What runs is killed; what ran
   * when the snapshot was taken goes on from there.
   */
  void restore(Optional<String> name) throws IOException, InterruptedException;

  /**
   * Makes a second instance that goes on, or starts, from a snapshot of this one, under a name and
   * with an identity of its own: host name, addresses, machine-id, random numbers, and the time of
   * day.
   *
   * @param snapshot empty for one that is taken now, and is not kept
   */
  Instance cloneFrom(Optional<String> snapshot, Optional<String> name)
      throws IOException, InterruptedException;

  // ---- streams

  /** Connects to its streams; legal before its start too, and then misses nothing of it. */
  Attachment attach(boolean stdin, boolean stdout, boolean stderr) throws IOException;

  void resize(int rows, int columns) throws IOException;

  LogStream logs(LogQuery query) throws IOException;

  Exec exec(ExecSpec spec) throws IOException;

  // ---- looking inside

  Stats stats() throws IOException;

  /** Its processes, as {@code ps} with {@code psArguments} shows them ({@code -ef} when empty). */
  ProcessTable processes(List<String> psArguments) throws IOException;

  // ---- its file system

  List<Change> changes() throws IOException;

  FileStat fileStat(String path) throws IOException;

  /** Writes a tar of {@code path}, named by its last component, running or not. */
  void copyOut(String path, OutputStream tar) throws IOException;

  /**
   * Unpacks a tar into the folder {@code path}.
   *
   * @param keepTypes refuse to replace a folder by a file or a file by a folder
   * @param keepOwners take owners from the tar; else the files belong to root
   */
  void copyIn(String path, InputStream tar, boolean keepTypes, boolean keepOwners)
      throws IOException;

  /** Writes the whole root file system as a tar, without what is mounted into it. */
  void export(OutputStream tar) throws IOException;

  /**
   * Makes an image of it.
   *
   * @param changes Dockerfile instructions, as {@code docker commit -c}
   * @param pause freeze it meanwhile
   */
  Image commit(
      Optional<Reference> name, String author, String message, List<String> changes, boolean pause)
      throws IOException;

  /** Bytes its own writing takes on disk. */
  long writableLayerBytes() throws IOException;
}
