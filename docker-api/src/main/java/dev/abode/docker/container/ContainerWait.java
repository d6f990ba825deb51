package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.route.Call;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.WaitCondition;
import java.io.IOException;
import java.io.OutputStream;

/**
 * {@code POST /containers/{id}/wait}. The head of the answer goes out at once: {@code docker run}
 * starts the container only when it has seen it.
 */
final class ContainerWait {
  private final Engine engine;

  ContainerWait(Engine engine) {
    this.engine = engine;
  }

  void waitFor(Call call) throws IOException, InterruptedException {
    Instance instance = engine.instance(call.parameter("id"));
    WaitCondition condition = condition(call.query().text("condition").orElse("not-running"));
    OutputStream answer = call.exchange().stream(200, "application/json");
    if (condition == WaitCondition.NOT_RUNNING && !instance.info().state().running()) {
      answer.write(document(instance.info().state()).bytes());
      return;
    }
    Instance.Waiting waiting = instance.waiting(condition);
    answer.flush();
    call.exchange().whenClientLeaves(Thread.currentThread()::interrupt);
    JsonDocument document;
    try {
      document = document(waiting.await());
    } catch (EngineException e) {
      document =
          new JsonDocument()
              .with("StatusCode", 125)
              .with("Error", new JsonDocument().with("Message", String.valueOf(e.getMessage())));
    }
    answer.write(document.bytes());
  }

  private static JsonDocument document(InstanceState state) {
    return new JsonDocument().with("StatusCode", state.exitCode());
  }

  private static WaitCondition condition(String word) {
    return switch (word) {
      case "not-running" -> WaitCondition.NOT_RUNNING;
      case "next-exit" -> WaitCondition.NEXT_EXIT;
      case "removed" -> WaitCondition.REMOVED;
      default -> throw ApiException.invalid("invalid condition: \"" + word + "\"");
    };
  }
}
