package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.record.RandomId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The exec sessions of one instance: those that run, and the latest {@value #ENDED_KEPT} that do
 * not, so that a client can ask for an exit code.
 */
final class ExecTable {
  private static final int ENDED_KEPT = 64;
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);
  private final LiveInstance instance;
  private final Map<String, ExecSession> sessions = new LinkedHashMap<>();

  /** Sessions with a process, or about to have one; those of health checks as well. */
  private final Set<ExecSession> active = new HashSet<>();

  private boolean open;

  ExecTable(LiveInstance instance) {
    this.instance = instance;
  }

  ExecSession create(ExecSpec spec) {
    if (spec.command().isEmpty()) {
      throw new EngineException(EngineException.Kind.INVALID_ARGUMENT, "No exec command specified");
    }
    requireRunning(instance);
    ExecSession session = new ExecSession(instance, RandomId.next(), spec, true);
    add(session);
    session.publish("exec_create: " + String.join(" ", spec.command()), Map.of());
    return session;
  }

  /** Takes up a session that an earlier engine started. */
  void adopt(ExecSession session) {
    add(session);
  }

  private synchronized void add(ExecSession session) {
    int ended = 0;
    for (ExecSession each : sessions.values()) {
      ended += each.info().running() ? 0 : 1;
    }
    Iterator<ExecSession> oldest = sessions.values().iterator();
    while (ended > ENDED_KEPT && oldest.hasNext()) {
      if (!oldest.next().info().running()) {
        oldest.remove();
        ended--;
      }
    }
    sessions.put(session.id(), session);
  }

  /** The sessions that run, as {@code inspect} lists them. */
  synchronized List<String> ids() {
    return sessions.values().stream()
        .filter(session -> session.info().running())
        .map(ExecSession::id)
        .toList();
  }

  synchronized Optional<ExecSession> find(String id) {
    return Optional.ofNullable(sessions.get(id));
  }

  /** A run has begun: sessions may be started. */
  synchronized void open() {
    open = true;
  }

  /**
   * Lets a session make its folder in that of the run.
   *
   * @throws EngineException CONFLICT when the run is over, and its folder about to go
   */
  synchronized void admit(ExecSession session) {
    if (!open) {
      throw instance.conflict("container " + instance.id() + " is not running");
    }
    active.add(session);
  }

  synchronized void dismiss(ExecSession session) {
    active.remove(session);
  }

  /**
   * Waits for the sessions of a run that is over, and lets no other begin: their processes are
   * dead, and their supervisors are about to say so.
   */
  void awaitEnds() {
    List<ExecSession> all;
    synchronized (this) {
      open = false;
      all = List.copyOf(active);
    }
    for (ExecSession session : all) {
      session.awaitEnd(LAST_WORDS);
    }
  }

  /** The engine closes: what runs goes on. */
  synchronized void letGo() {
    sessions.values().forEach(ExecSession::letGo);
  }

  /** Refuses what only a running instance can do, in Docker's words. */
  static void requireRunning(LiveInstance instance) {
    switch (instance.now().status()) {
      case RUNNING -> {}
      case PAUSED ->
          throw instance.conflict(
              "container " + instance.id() + " is paused, unpause the container before exec");
      case RESTARTING ->
          throw instance.conflict(
              "container " + instance.id() + " is restarting, wait until the container is running");
      case CREATED, EXITED, REMOVING, DEAD ->
          throw instance.conflict("container " + instance.id() + " is not running");
    }
  }
}
