package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Change;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.FileStat;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.instance.ProcessTable;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.SnapshotInfo;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.launch.Whereabouts;
import dev.abode.engine.launch.Workload;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.LifeRecord;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.image.Image;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * An instance of this engine: where everything about it hangs together. What is so of it is its
 * {@link LiveState}; each verb of substance has a type of its own.
 *
 * <p><b>Locks.</b> {@link #operation} is held by whoever changes the instance, for as long as that
 * takes; the lock of the state is taken after it, never before. The end of a run takes only the
 * latter, so that a stop can wait for it.
 */
final class LiveInstance implements Instance {
  final Site site;
  final ExecTable execs;
  private final String id;
  private final LiveState state;
  private final OperationLock operation;
  private final Announcements announcements;
  private final Audience audience;
  private final HealthMonitor health;
  private final Looking looking;
  private final Snapshots snapshots;
  private RestartBackOff backOff = RestartBackOff.NONE;

  /** Set by whoever ends the present run on purpose, so that no policy starts it again. */
  private volatile boolean endWanted;

  LiveInstance(Site site, InstanceRecord record, LifeRecord life) {
    this.site = site;
    this.id = record.id();
    this.state = new LiveState(site, record, life);
    this.operation = new OperationLock(id, state);
    this.announcements = new Announcements(this);
    this.execs = new ExecTable(this);
    this.audience = new Audience(this);
    this.health = new HealthMonitor(this);
    this.looking = new Looking(this);
    this.snapshots = new Snapshots(this);
  }

  @Override
  public String id() {
    return id;
  }

  LiveState state() {
    return state;
  }

  LiveState.Now now() {
    return state.now();
  }

  HealthMonitor health() {
    return health;
  }

  Audience audience() {
    return audience;
  }

  InstanceFolder folder() {
    return site.folders().instance(id);
  }

  RunFolderOf runFolder() {
    return site.folders().runOf(id);
  }

  // ---- what is so

  @Override
  public InstanceInfo info() {
    LiveState.Now seen = now();
    InstanceRecord record = seen.record();
    return new InstanceInfo(
        id,
        record.name(),
        record.created(),
        record.spec(),
        record.imageId(),
        record.platform(),
        record.arguments(),
        record.environment(),
        record.workingDirectory(),
        record.user(),
        stateOf(seen),
        execs.ids(),
        record.spec().log().kept() ? Optional.of(folder().log()) : Optional.empty(),
        folder().path(),
        record.mounts(),
        site.networks().connections(id, record.endpoints()),
        site.networks().run(id).ports(),
        record.warnings());
  }

  private InstanceState stateOf(LiveState.Now seen) {
    LifeRecord life = seen.life();
    return new InstanceState(
        life.status(),
        seen.run().map(run -> run.workload().pid()).orElse(0),
        life.exitCode(),
        life.oomKilled(),
        life.error(),
        life.startedAt(),
        life.finishedAt(),
        life.restartCount(),
        health.state());
  }

  /** Where its files and processes are. */
  Whereabouts whereabouts() throws IOException {
    LiveState.Now seen = now();
    return new Whereabouts(
        seen.record(), folder(), runFolder(), layers(seen.record()), seen.run().map(Run::workload));
  }

  List<Path> layers(InstanceRecord record) throws IOException {
    Image image = site.images().require(record.imageId().toString());
    return site.images().layerFolders(image, Progress.NONE);
  }

  boolean isAlive() {
    return state.isAlive();
  }

  boolean isRemoved() {
    return state.isRemoved();
  }

  /** The present run. */
  Run requireRun() {
    return now().run().orElseThrow(() -> conflict("container " + id + " is not running"));
  }

  EngineException conflict(String message) {
    return new EngineException(EngineException.Kind.CONFLICT, message);
  }

  // ---- changing it

  void change(UnaryOperator<LifeRecord> change) {
    state.change(change, now().run());
  }

  void publish(String action) {
    publish(action, Map.of());
  }

  /** Makes an event of this instance known. */
  void publish(String action, Map<String, String> more) {
    announcements.publish(action, more);
  }

  /** Performs an operation while no other is. */
  <T> T exclusively(OperationLock.Operation<T> work) throws IOException, InterruptedException {
    return operation.exclusively(work);
  }

  /** As {@link #exclusively}, for operations that wait for nothing but the kernel. */
  <T> T atOnce(OperationLock.Operation<T> work) throws IOException {
    return operation.atOnce(work);
  }

  // ---- life

  @Override
  public boolean start() throws IOException {
    return operation.atOnce(() -> Starting.start(this));
  }

  @Override
  public boolean stop(Optional<Duration> timeout, Optional<String> signal)
      throws IOException, InterruptedException {
    return operation.exclusively(() -> Stopping.stop(this, timeout, signal));
  }

  @Override
  public void restart(Optional<Duration> timeout, Optional<String> signal)
      throws IOException, InterruptedException {
    operation.doExclusively(() -> Starting.restart(this, timeout, signal));
  }

  @Override
  public void kill(String signal) throws IOException {
    // Not an exclusive operation: it must reach an instance that somebody is waiting to stop.
    Stopping.kill(this, signal);
  }

  @Override
  public void pause() throws IOException {
    operation.doAtOnce(() -> Pausing.pause(this));
  }

  @Override
  public void unpause() throws IOException {
    operation.doAtOnce(() -> Pausing.unpause(this));
  }

  @Override
  public void remove(boolean force, boolean volumes) throws IOException, InterruptedException {
    operation.doExclusively(() -> Removal.removeAsked(this, force, volumes));
  }

  @Override
  public void rename(String name) throws IOException {
    String next = InstanceNames.validated(name);
    operation.doAtOnce(() -> Redefinition.rename(this, next));
  }

  @Override
  public List<String> update(Limits limits, Optional<RestartPolicy> restart) throws IOException {
    return operation.atOnce(() -> Redefinition.update(this, limits, restart));
  }

  @Override
  public InstanceState await(WaitCondition condition) throws InterruptedException {
    return waiting(condition).await();
  }

  @Override
  public Waiting waiting(WaitCondition condition) {
    LiveState.Wait wait = state.waiting(condition);
    return () -> stateOf(wait.await());
  }

  // ---- what launching, ending and removing tell

  /** The run has begun: whoever attached meanwhile is connected as well. */
  void began(Run run) {
    endWanted = false;
    execs.open();
    state.change(
        life ->
            Life.with(life)
                .status(InstanceStatus.RUNNING)
                .exitCode(0)
                .oomKilled(false)
                .error("")
                .startedAt(Optional.of(run.startedAt()))
                .build(),
        Optional.of(run));
    audience.connect();
  }

  /** No run came of the start that was tried. */
  void startFailed() {
    audience.abandon();
    state.startFailed();
  }

  /**
   * The run is over, and everything of it taken away.
   *
   * @param written what is on disk
   * @param announcement makes the end known
   */
  void ended(LifeRecord written, UnaryOperator<LifeRecord> change, Runnable announcement) {
    state.ended(written, change, announcement);
  }

  /** Makes an end known that happened while there was no engine. */
  void publishDeath() {
    announcements.publishDeath();
  }

  /** It is gone; nothing more will be true of it. */
  void gone() {
    state.removed();
    audience.dismiss();
  }

  /** The engine closes: whoever waits is sent away, and the run goes on without us. */
  void letGo() throws IOException {
    audience.dismiss();
    state.wake();
    execs.letGo();
    if (now().run().isPresent()) {
      now().run().get().shim().close();
    }
  }

  boolean endWanted() {
    return endWanted;
  }

  void wantEnd() {
    endWanted = true;
  }

  RestartBackOff backOff() {
    return backOff;
  }

  void backOff(RestartBackOff next) {
    backOff = next;
  }

  // ---- snapshots

  @Override
  public SnapshotInfo snapshot(Optional<String> name) throws IOException {
    return operation.atOnce(() -> snapshots.create(name));
  }

  @Override
  public List<SnapshotInfo> snapshots() throws IOException {
    return snapshots.list();
  }

  @Override
  public List<String> snapshotNames() throws IOException {
    return snapshots.names();
  }

  @Override
  public void removeSnapshot(String name) throws IOException {
    operation.doAtOnce(() -> snapshots.remove(name));
  }

  @Override
  public void restore(Optional<String> name) throws IOException, InterruptedException {
    operation.doExclusively(() -> snapshots.restore(name));
  }

  @Override
  public Instance cloneFrom(Optional<String> snapshot, Optional<String> name)
      throws IOException, InterruptedException {
    return operation.exclusively(() -> snapshots.cloneFrom(snapshot, name));
  }

  // ---- streams

  @Override
  public Attachment attach(boolean stdin, boolean stdout, boolean stderr) {
    return audience.attach(stdin, stdout, stderr);
  }

  @Override
  public void resize(int rows, int columns) throws IOException {
    audience.resize(rows, columns);
  }

  @Override
  public LogStream logs(LogQuery query) throws IOException {
    return audience.logs(query);
  }

  @Override
  public Exec exec(ExecSpec spec) throws IOException {
    state.refuseRemoved();
    return execs.create(spec);
  }

  // ---- looking inside

  @Override
  public Stats stats() throws IOException {
    LiveState.Now seen = now();
    Workload workload =
        seen.run()
            .map(Run::workload)
            .orElseThrow(() -> conflict("container " + id + " is not running"));
    return site.walls().stats(seen.record(), workload);
  }

  @Override
  public ProcessTable processes(List<String> psArguments) throws IOException {
    requireRun();
    ProcessTable table = site.walls().processes(whereabouts(), psArguments);
    publish("top");
    return table;
  }

  // ---- its file system

  @Override
  public List<Change> changes() throws IOException {
    return looking.changes();
  }

  @Override
  public FileStat fileStat(String path) throws IOException {
    return looking.fileStat(path);
  }

  @Override
  public void copyOut(String path, OutputStream tar) throws IOException {
    looking.copyOut(path, tar);
  }

  @Override
  public void copyIn(String path, InputStream tar, boolean keepTypes, boolean keepOwners)
      throws IOException {
    looking.copyIn(path, tar, keepTypes, keepOwners);
  }

  @Override
  public void export(OutputStream tar) throws IOException {
    looking.export(tar);
  }

  @Override
  public Image commit(
      Optional<Reference> name, String author, String message, List<String> changes, boolean pause)
      throws IOException {
    return looking.commit(name, author, message, changes, pause);
  }

  @Override
  public long writableLayerBytes() throws IOException {
    return looking.writableLayerBytes();
  }

  @Override
  public String toString() {
    return "instance " + now().record().name() + " (" + id.substring(0, 12) + ")";
  }
}
