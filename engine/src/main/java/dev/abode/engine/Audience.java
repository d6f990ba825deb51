package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.log.LogReader;
import dev.abode.init.Shim;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who listen and speak to an instance: clients attached to its streams, now or as soon as it
 * runs, and readers of its log.
 */
final class Audience {
  private static final Logger LOGGER = LoggerFactory.getLogger(Audience.class);

  private final LiveInstance instance;

  /** Those who attached before the run; guarded by itself. */
  private final List<ShimAttachment> waiting = new ArrayList<>();

  private boolean dismissed;

  Audience(LiveInstance instance) {
    this.instance = instance;
  }

  Attachment attach(boolean stdin, boolean stdout, boolean stderr) {
    instance.state().refuseRemoved();
    ShimAttachment attachment = new ShimAttachment(streams(stdin, stdout, stderr));
    refuseUnattachable();
    join(attachment);
    // The run may have begun, and connected those who waited, since the status was looked at.
    if (instance.now().status() == InstanceStatus.RUNNING) {
      connect();
    }
    instance.publish("attach");
    return attachment;
  }

  private static Set<Shim.Stream> streams(boolean stdin, boolean stdout, boolean stderr) {
    Set<Shim.Stream> streams = EnumSet.noneOf(Shim.Stream.class);
    if (stdin) {
      streams.add(Shim.Stream.STDIN);
    }
    if (stdout) {
      streams.add(Shim.Stream.STDOUT);
    }
    if (stderr) {
      streams.add(Shim.Stream.STDERR);
    }
    return streams;
  }

  private void refuseUnattachable() {
    String id = instance.id();
    switch (instance.now().status()) {
      case PAUSED ->
          throw instance.conflict(
              "container " + id + " is paused, unpause the container before attach");
      case RESTARTING ->
          throw instance.conflict(
              "container " + id + " is restarting, wait until the container is running");
      case REMOVING, DEAD -> throw instance.conflict("container " + id + " is being removed");
      case RUNNING, CREATED, EXITED -> {}
    }
  }

  private void join(ShimAttachment attachment) {
    synchronized (waiting) {
      if (!dismissed) {
        waiting.add(attachment);
        return;
      }
    }
    attachment.abandon();
  }

  /** A way to connect to a shim. */
  @FunctionalInterface
  private interface Way {
    Shim attach(Path socket, Set<Shim.Stream> streams) throws IOException;
  }

  /** Connects everyone who attached before the run, which the shim has not been told to start. */
  void connectBeforeStart() {
    connect(Shim::attachBeforeStart);
  }

  /** Connects everyone who attached before the run; the shim listens by now. */
  void connect() {
    connect(Shim::attach);
  }

  private void connect(Way way) {
    for (ShimAttachment attachment : takeWaiting()) {
      try {
        attachment.connect(way.attach(instance.runFolder().socket(), attachment.streams()));
      } catch (IOException e) {
        LOGGER.debug("{} ended before a client could be attached", instance, e);
        attachment.abandon();
      }
    }
  }

  /** No run will come of the start that was tried. */
  void abandon() {
    takeWaiting().forEach(ShimAttachment::abandon);
  }

  /** There will never be a run again: the instance is gone, or the engine is. */
  void dismiss() {
    synchronized (waiting) {
      dismissed = true;
    }
    abandon();
  }

  private List<ShimAttachment> takeWaiting() {
    synchronized (waiting) {
      List<ShimAttachment> all = List.copyOf(waiting);
      waiting.clear();
      return all;
    }
  }

  void resize(int rows, int columns) throws IOException {
    instance.requireRun().shim().resize(rows, columns);
    instance.publish("resize", Map.of("height", "" + rows, "width", "" + columns));
  }

  LogStream logs(LogQuery query) throws IOException {
    instance.state().refuseRemoved();
    var spec = instance.now().record().spec();
    if (!spec.log().kept()) {
      throw new EngineException(
          EngineException.Kind.UNSUPPORTED,
          "configured logging driver does not support reading: container "
              + instance.id()
              + " was created with --log-driver none");
    }
    Files.createDirectories(instance.folder().logs());
    LogReader reader =
        new LogReader(
            instance.folder().log(),
            query,
            spec.streams().terminal(),
            () -> !instance.isAlive(),
            instance.site.logWatch());
    return new LogStream() {
      @Override
      public Optional<LogLine> next() throws IOException {
        return reader.next();
      }

      @Override
      public void close() {
        try {
          reader.close();
        } catch (IOException e) {
          throw new UncheckedIOException("cannot close the log of " + instance.id(), e);
        }
      }
    };
  }
}
