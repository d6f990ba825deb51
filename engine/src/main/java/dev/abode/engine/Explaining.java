package dev.abode.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.abode.engine.container.ContainerPlan;
import dev.abode.engine.event.EventLog;
import dev.abode.engine.explanation.Diagnosis;
import dev.abode.engine.explanation.Explanation;
import dev.abode.engine.insight.PostMortem;
import dev.abode.engine.insight.WallsReading;
import dev.abode.engine.instance.Event;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.launch.Birth;
import dev.abode.engine.launch.Blueprint;
import dev.abode.engine.launch.Workload;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.image.Image;
import dev.abode.image.MergedTree;
import dev.abode.image.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Tells of instances, those that run, those that ended, and those that were never created. */
final class Explaining {
  private static final int LAST_LINES = 10;

  private final Site site;

  Explaining(Site site) {
    this.site = site;
  }

  Explanation instance(LiveInstance instance) throws IOException {
    LiveState.Now now = instance.now();
    return explanation(now.record().name(), now.record(), now.run().map(Run::workload));
  }

  Explanation draft(InstanceSpec spec) throws IOException {
    return explanation(spec.image(), new Creation(site).draft(spec), Optional.empty());
  }

  Diagnosis end(LiveInstance instance) throws IOException {
    LiveState.Now now = instance.now();
    InstanceFolder folder = site.folders().instance(now.record().id());
    List<Path> tree = new ArrayList<>();
    if (Files.isDirectory(folder.upper())) {
      tree.add(folder.upper());
    }
    tree.addAll(instance.layers(now.record()));
    return PostMortem.of(
        new PostMortem.Evidence(
            now.record(),
            now.life(),
            instance.info().state().health(),
            events(now),
            lastLines(instance, now),
            new MergedTree(tree)));
  }

  private List<Event> events(LiveState.Now now) {
    List<Event> events = new ArrayList<>();
    Instant since = now.life().startedAt().orElse(now.record().created());
    try (EventLog.Reader reader =
        site.events().read(Optional.of(since), Optional.of(Instant.now()))) {
      for (Optional<Event> event = reader.next(); event.isPresent(); event = reader.next()) {
        if (event.get().actorId().equals(now.record().id())) {
          events.add(event.get());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return events;
  }

  private static List<String> lastLines(LiveInstance instance, LiveState.Now now)
      throws IOException {
    List<String> lines = new ArrayList<>();
    if (!now.record().spec().log().kept()) {
      return lines;
    }
    LogQuery query =
        new LogQuery(true, true, LAST_LINES, Optional.empty(), Optional.empty(), false);
    try (LogStream log = instance.logs(query)) {
      for (Optional<LogLine> line = log.next(); line.isPresent(); line = log.next()) {
        String text = UTF_8.decode(line.get().bytes().duplicate()).toString();
        lines.add(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
      }
    }
    return lines;
  }

  private Explanation explanation(String subject, InstanceRecord record, Optional<Workload> running)
      throws IOException {
    boolean example = running.isEmpty() && ContainerPlan.ownsUsers(record.spec());
    OptionalLong firstId =
        example
            ? OptionalLong.of(site.ids().take())
            : running.map(Workload::firstId).orElse(OptionalLong.empty());
    try {
      Image image = site.images().require(record.imageId().toString());
      Blueprint blueprint =
          site.walls()
              .blueprint(
                  new Birth(
                      record,
                      site.folders().instance(record.id()),
                      site.folders().runOf(record.id()),
                      site.images().layerFolders(image, Progress.NONE),
                      firstId,
                      site.networks().run(record.id()),
                      Launching.others(site, record.spec())));
      return WallsReading.of(subject, record.spec().image(), blueprint, running);
    } finally {
      if (example) {
        firstId.ifPresent(site.ids()::release);
      }
    }
  }
}
