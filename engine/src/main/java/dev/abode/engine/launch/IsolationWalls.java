package dev.abode.engine.launch;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.filesystem.InstanceFiles;
import dev.abode.engine.filesystem.WrittenFiles;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.ProcessTable;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.init.LaunchPlan;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What one kind of isolation does for its instances: it knows namespaces and control groups, or
 * hypervisors. What stands in the kernel is a control group for either kind, so that {@link Walls}
 * takes it down, freezes it and finds what was left alike.
 */
interface IsolationWalls {

  /**
   * Looks over what is asked for.
   *
   * @return warnings
   * @throws EngineException INVALID_ARGUMENT or UNSUPPORTED for what can never be started
   */
  List<String> review(InstanceSpec spec);

  /** Prepares a start, and says in a plan what is left to be done. */
  LaunchPlan raise(Birth birth) throws IOException;

  /** The workload runs: what was needed for the start alone may go. */
  void begun(InstanceRecord record) throws IOException;

  /**
   * It runs, and the engine that had started it is gone: whatever that one was about to do, the
   * workload goes on.
   */
  void adopted(InstanceRecord record, Workload workload) throws IOException;

  /**
   * What the interfaces are called that the next start goes on with, in the order of its networks;
   * none where it begins anew.
   */
  List<String> interfaces(InstanceRecord record, InstanceFolder folder) throws IOException;

  /**
   * An instance that runs is in a further network, whose interface has been made on the host: does
   * what is left to do inside. When that fails, nothing is left of it inside.
   *
   * @param before the endpoints that it had
   */
  void joined(Whereabouts at, List<Endpoint> before, Endpoint further) throws IOException;

  /**
   * An instance that runs is not in a network any more, and has been cut off from it: tells the
   * inside, which may be deaf.
   *
   * @param left the endpoints that it still has
   */
  void parted(Whereabouts at, Endpoint gone, List<Endpoint> left) throws IOException;

  /**
   * What {@link #raise} would do and plan, without doing any of it; of a running instance, what was
   * done at its start. Its folder need not exist.
   */
  Blueprint blueprint(Birth birth) throws IOException;

  /** Says what went wrong when {@code plan} was played, and what to do. */
  EngineException explain(InstanceRecord record, LaunchPlan plan, ShimEvent.Failed failure);

  /**
   * The plan of a further process beside {@code workload}.
   *
   * @param run the folder of the exec session
   */
  LaunchPlan plan(Whereabouts at, Workload workload, RunFolderOf run, ExecSpec exec)
      throws IOException;

  /** Applies the limits of {@code record} to what runs. */
  void limit(InstanceRecord record) throws IOException;

  Stats stats(InstanceRecord record, Workload workload) throws IOException;

  /** Its files; when it does not run, nobody may start it while they are used. */
  InstanceFiles files(Whereabouts at) throws IOException;

  /** What it wrote, running or not. */
  WrittenFiles written(Whereabouts at);

  /** Its processes as {@code ps} shows them. */
  ProcessTable processes(Whereabouts at, List<String> psArguments) throws IOException;

  // ---- snapshots

  /**
   * Saves what an instance is at this moment: what it has written and, of one that runs, its memory
   * and its processes.
   *
   * @param folder empty
   * @param beside saves what else belongs to that moment
   * @throws EngineException UNSUPPORTED for one that cannot be saved while it runs
   */
  SavedState save(Whereabouts at, Path folder, Beside beside) throws IOException;

  /** What is saved of an instance elsewhere, while it stands still. */
  @FunctionalInterface
  interface Beside {
    void save() throws IOException;
  }

  /**
   * Puts what {@link #save} has saved in the place of what an instance has that does not run. Its
   * next start goes on from there.
   *
   * @param of the record of the instance that was saved, if it is another one
   */
  void putBack(Path folder, Whereabouts at, Optional<InstanceRecord> of) throws IOException;
}
