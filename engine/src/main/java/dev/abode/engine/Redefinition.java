package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.record.InstanceRecord;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Changes the definition of an instance that exists, running or not. The caller has the instance to
 * itself.
 */
final class Redefinition {
  private Redefinition() {}

  /**
   * Gives an instance another name.
   *
   * @param next a valid one
   */
  static void rename(LiveInstance instance, String next) throws IOException {
    Site site = instance.site;
    String old = instance.now().record().name();
    if (next.equals(old)) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "Renaming a container with the same name as its current name");
    }
    site.catalog().claim(next, instance.id());
    try {
      instance.state().define(instance.now().record().withName(next));
    } catch (IOException | RuntimeException e) {
      site.catalog().release(next, instance.id());
      throw e;
    }
    site.catalog().release(old, instance.id());
    instance.publish("rename", Map.of("oldName", "/" + old));
  }

  /**
   * Changes limits, of a running workload at once, and the restart policy.
   *
   * @return what the user should be warned of
   */
  static List<String> update(LiveInstance instance, Limits limits, Optional<RestartPolicy> restart)
      throws IOException {
    Site site = instance.site;
    InstanceRecord before = instance.now().record();
    if (before.spec().autoRemove()
        && restart.filter(r -> r.mode() != RestartPolicy.Mode.NO).isPresent()) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "Restart policy cannot be updated because AutoRemove is enabled for the container");
    }
    InstanceRecord after =
        before.withSpec(
            before.spec().toBuilder()
                .limits(LimitChange.of(before.spec().limits(), limits))
                .restart(restart.orElse(before.spec().restart()))
                .build());
    List<String> warnings = site.walls().review(after.spec());
    if (instance.now().run().isPresent()) {
      site.walls().limit(after);
    }
    instance.state().define(after);
    instance.publish("update");
    return warnings;
  }
}
