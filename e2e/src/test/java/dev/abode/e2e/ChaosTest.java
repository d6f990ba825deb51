package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.InternalServerErrorException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import dev.abode.linux.testing.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The engine is killed at a random instant, up to fifty times, while twenty containers at a time
 * are created, started, entered, read and ended. Whatever was acknowledged holds afterwards: every
 * container ran once, with the status and the log lines it has, and nothing else is there.
 */
@Tag("slow")
class ChaosTest {
  private static final int ROUNDS = 50;
  private static final int CONTAINERS = 20;

  /** Rounds that every machine has to come to, and the time after which it need not do more. */
  private static final int LEAST_ROUNDS = 10;

  private static final Duration ENOUGH = Duration.ofMinutes(3);

  /** The span in which an engine is killed, counted from the beginning of a round. */
  private static final int KILL_WITHIN_MILLIS = 900;

  /** For one container's life, on a machine that is busy with twenty of them and more. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void nothingIsLostDuplicatedOrOrphaned() throws Exception {
    // Printed so that a failure can be run again.
    long seed = Long.getLong("abode.chaos.seed", System.nanoTime());
    System.out.println("abode.chaos.seed=" + seed);
    Random random = new Random(seed);
    long enough = System.nanoTime() + ENOUGH.toNanos();
    int rounds = 0;
    int ids = 0;
    try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
      while (rounds < LEAST_ROUNDS || (rounds < ROUNDS && System.nanoTime() < enough)) {
        List<Future<?>> lives = new ArrayList<>();
        for (int i = 0; i < CONTAINERS; i++) {
          Life life = new Life("chaos-" + rounds + "-" + i, ids++ % 100);
          lives.add(workers.submit(life));
        }
        Thread.sleep(random.nextInt(KILL_WITHIN_MILLIS));
        engine.process().kill();
        engine.process().startAgain();
        for (Future<?> life : lives) {
          life.get();
        }
        rounds++;
      }
    }
    System.out.println("abode.chaos.rounds=" + rounds);
    assertThat(engine.docker("ps", "-aq").ok().text()).isEmpty();
    // A supervisor whose engine died before it could say START waits ten seconds for another.
    Eventually.until(
        "nothing of the engine's dead predecessors is left",
        () -> {
          HostState left = engine.hostState();
          return left.processes().isEmpty()
              && left.mounts().isEmpty()
              && left.controlGroups().isEmpty()
              && left.interfaces().isEmpty();
        });
    // Named volumes stay, each of them once, until somebody removes them, which nothing prevents.
    assertThat(engine.docker("volume", "ls", "-q").ok().lines()).hasSize(rounds * CONTAINERS);
    engine.docker("volume", "prune", "-af").ok();
    assertThat(engine.docker("volume", "ls", "-q").ok().text()).isEmpty();
    // The pair that published ports come by is there while a network is, and leads nowhere.
    assertThat(leads()).isEmpty();
  }

  /** The published ports that the packet filter knows. */
  private static List<String> leads() throws Exception {
    return Command.of(Map.of(), List.of("nft", "list", "ruleset")).ok().lines().stream()
        .dropWhile(
            line -> !line.contains("table ip abode-" + HostState.tag(engine.process().root())))
        .skip(1)
        .takeWhile(line -> !line.startsWith("table"))
        .filter(line -> line.contains("tcp . "))
        .toList();
  }

  /** One container from creation to removal, whatever happens to the engine meanwhile. */
  private static final class Life implements Callable<Void> {
    private final String name;
    private final int status;
    private final DockerClient client = Client.of(engine.process());
    private final long deadline = System.nanoTime() + PATIENCE.toNanos();

    Life(String name, int status) {
      this.name = name;
      this.status = status;
    }

    @Override
    public Void call() throws Exception {
      try (client) {
        create();
        start();
        enter();
        ContainerState state = until("it ends", () -> ended());
        assertThat(state.getExitCodeLong()).as("exit of %s: %s", name, state).isEqualTo(status);
        assertThat(until("its log", () -> Optional.of(log())))
            .as("log of %s", name)
            .isEqualTo("begin " + name + "\nend " + name + "\n");
        remove();
      }
      return null;
    }

    /** A creation that was not acknowledged may have happened; then the name is taken. */
    private void create() throws Exception {
      until(
          "it is created",
          () -> {
            try {
              client
                  .createContainerCmd(ALPINE)
                  .withName(name)
                  .withExposedPorts(ExposedPort.tcp(80))
                  .withHostConfig(
                      HostConfig.newHostConfig()
                          .withPublishAllPorts(true)
                          .withBinds(new Bind(name, new Volume("/data"))))
                  .withCmd(
                      "sh",
                      "-c",
                      "echo begin " + name + "; sleep 0.3; echo end " + name + "; exit " + status)
                  .exec();
            } catch (ConflictException e) {
              // Made by an earlier attempt.
            }
            return Optional.of(name);
          });
    }

    /** A start is asked for again only if the container did not run: it may have ended by now. */
    private void start() throws Exception {
      until(
          "it is started",
          () -> {
            String now = state().getStatus();
            if (!"created".equals(now)) {
              return Optional.of(name);
            }
            try {
              client.startContainerCmd(name).exec();
            } catch (NotModifiedException e) {
              // Runs.
            }
            return Optional.of(name);
          });
    }

    /** Prints no failure: the engine's death is part of the game. */
    private static final class Quiet extends ResultCallback.Adapter<Frame> {
      @Override
      public void onError(Throwable failure) {
        try {
          close();
        } catch (IOException e) {
          failure.addSuppressed(e);
        }
      }
    }

    private void enter() {
      try {
        String exec =
            client
                .execCreateCmd(name)
                .withCmd("echo", "entered")
                .withAttachStdout(true)
                .exec()
                .getId();
        client.execStartCmd(exec).exec(new Quiet()).awaitCompletion();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException e) {
        // The engine died, or the container has ended: both are part of the game.
      }
    }

    private ContainerState state() {
      return client.inspectContainerCmd(name).exec().getState();
    }

    private Optional<ContainerState> ended() {
      return Optional.of(state()).filter(state -> "exited".equals(state.getStatus()));
    }

    private String log() throws InterruptedException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      client
          .logContainerCmd(name)
          .withStdOut(true)
          .withStdErr(true)
          .exec(
              new ResultCallback.Adapter<Frame>() {
                @Override
                public void onNext(Frame frame) {
                  bytes.writeBytes(frame.getPayload());
                }
              })
          .awaitCompletion();
      return bytes.toString(UTF_8);
    }

    private void remove() throws Exception {
      until(
          "it is removed",
          () -> {
            try {
              client.removeContainerCmd(name).withForce(true).exec();
            } catch (NotFoundException e) {
              // Gone already.
            }
            return Optional.of(name);
          });
    }

    /** Tries until there is a value, passing over what a dead engine does to a request. */
    private <T> T until(String what, Callable<Optional<T>> attempt) throws Exception {
      Optional<RuntimeException> last = Optional.empty();
      while (System.nanoTime() < deadline) {
        try {
          Optional<T> value = attempt.call();
          if (value.isPresent()) {
            return value.get();
          }
        } catch (InternalServerErrorException | NotFoundException e) {
          throw e;
        } catch (DockerException e) {
          last = Optional.of(e);
        } catch (RuntimeException e) {
          last = Optional.of(e);
        }
        Thread.sleep(30);
      }
      throw new AssertionError(name + ": not in time: " + what, last.orElse(null));
    }
  }
}
