package dev.abode.engine.insight;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.abode.engine.Engine;
import dev.abode.engine.EngineOptions;
import dev.abode.engine.Instance;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.testing.SharedImages;
import java.nio.file.Path;
import java.util.List;

/**
 * A process that starts one instance, to be watched by {@code strace}, and prints which calls the
 * instance's plan stands for. Argument: the root folder.
 */
final class TracedInstance {
  private TracedInstance() {}

  public static void main(String[] arguments) throws Exception {
    try (Engine engine = Engine.open(EngineOptions.at(Path.of(arguments[0])))) {
      Instance instance =
          engine.create(
              InstanceSpec.builder(SharedImages.loadAlpine(engine.images()))
                  .name("traced")
                  .hostname("traced-host")
                  .workingDirectory("/var")
                  .limits(
                      Limits.builder()
                          .oomScoreAdj(77)
                          .ulimits(List.of(new Limits.Ulimit("nofile", 100, 200)))
                          .build())
                  .user("daemon")
                  .command(List.of("/bin/sleep", "1000"))
                  .build());
      instance.start();
      try {
        var plan = engine.explain("traced").plan();
        String stage = String.join("\n", PlannedCalls.ofStage(plan));
        String workload = String.join("\n", PlannedCalls.ofWorkload(plan));
        System.out.write((stage + "\n--\n" + workload).getBytes(UTF_8));
        System.out.flush();
      } finally {
        // Whoever traces waits for all that was started.
        instance.remove(true, true);
      }
    }
  }
}
