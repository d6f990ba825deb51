package dev.abode.engine.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.abode.engine.Engine;
import dev.abode.engine.EngineOptions;
import dev.abode.engine.Exec;
import dev.abode.engine.Instance;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.WaitCondition;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A process that opens an engine and keeps it busy from many sides at once, until it is killed.
 *
 * <p>Arguments: the root folder, the image, a seed, how many threads. Standard output has a line
 * {@code ready}, and after it one for each thing that was promised to whoever asked for it: {@code
 * created NAME}, {@code started NAME LINES}, {@code removed NAME}. What is printed here must hold
 * for the next engine.
 */
public final class BusyEngine {
  private static final PrintStream OUT = new PrintStream(System.out, true, UTF_8);

  private final Engine engine;
  private final String image;
  private final long seed;

  private BusyEngine(Engine engine, String image, long seed) {
    this.engine = engine;
    this.image = image;
    this.seed = seed;
  }

  public static void main(String[] arguments) throws IOException {
    Engine engine = Engine.open(EngineOptions.at(Path.of(arguments[0])));
    BusyEngine busy = new BusyEngine(engine, arguments[1], Long.parseLong(arguments[2]));
    say("ready");
    int threads = Integer.parseInt(arguments[3]);
    try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < threads; i++) {
        int worker = i;
        workers.execute(() -> busy.work(worker));
      }
    }
  }

  private static synchronized void say(String line) {
    OUT.println(line);
  }

  private void work(int worker) {
    Random random = new Random(seed * 1000 + worker);
    for (int round = 0; ; round++) {
      String name = "w" + seed + "_" + worker + "_" + round;
      try {
        live(random, name);
      } catch (EngineException e) {
        say("refused " + name + " " + e.kind() + " " + e.getMessage());
      } catch (IOException e) {
        say("failed " + name + " " + e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** One instance's life, or a part of it. */
  private void live(Random random, String name) throws IOException, InterruptedException {
    int lines = 1 + random.nextInt(400);
    boolean stays = random.nextInt(4) == 0;
    boolean autoRemove = random.nextInt(5) == 0;
    String script =
        "i=0; while [ $i -lt "
            + lines
            + " ]; do i=$((i+1)); echo $i; done; "
            + (stays ? "exec sleep 1000" : "exit " + random.nextInt(3));
    Instance instance =
        engine.create(
            InstanceSpec.builder(image)
                .name(name)
                .command(List.of("sh", "-c", script))
                .autoRemove(autoRemove)
                .restart(
                    !autoRemove && !stays && random.nextInt(8) == 0
                        ? new RestartPolicy(RestartPolicy.Mode.ON_FAILURE, 1)
                        : RestartPolicy.NO)
                .build());
    if (!autoRemove) {
      say("created " + name);
    }
    instance.start();
    if (!autoRemove) {
      say("started " + name + " " + lines);
    }
    if (stays) {
      Exec exec = instance.exec(ExecSpec.of("sh", "-c", "exit 5"));
      exec.startDetached();
      exec.await();
      if (random.nextBoolean()) {
        return;
      }
      instance.stop(Optional.of(Duration.ZERO), Optional.empty());
    } else {
      instance.await(WaitCondition.NOT_RUNNING);
    }
    if (!autoRemove && random.nextBoolean()) {
      say("removing " + name);
      instance.remove(true, false);
      say("removed " + name);
    }
  }
}
