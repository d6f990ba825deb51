package dev.abode.engine;

import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.LifeRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** The events of one instance, with what Docker says of the actor in each. */
final class Announcements {
  private final LiveInstance instance;

  Announcements(LiveInstance instance) {
    this.instance = instance;
  }

  void publish(String action, Map<String, String> more) {
    InstanceRecord record = instance.now().record();
    Map<String, String> attributes = new HashMap<>(record.spec().labels());
    attributes.put("image", record.spec().image());
    attributes.put("name", record.name());
    attributes.putAll(more);
    instance.site.events().publish("container", action, instance.id(), attributes);
  }

  /** Makes the end of the last run known. */
  void publishDeath() {
    LifeRecord life = instance.now().life();
    if (life.oomKilled()) {
      publish("oom", Map.of());
    }
    Duration lasted =
        life.startedAt().isPresent() && life.finishedAt().isPresent()
            ? Duration.between(life.startedAt().get(), life.finishedAt().get())
            : Duration.ZERO;
    publish(
        "die",
        Map.of(
            "exitCode",
            Integer.toString(life.exitCode()),
            "execDuration",
            Long.toString(Math.max(0, lasted.toSeconds()))));
  }
}
