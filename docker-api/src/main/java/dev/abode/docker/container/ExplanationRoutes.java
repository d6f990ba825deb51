package dev.abode.docker.container;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.engine.Engine;
import dev.abode.engine.explanation.Chapter;
import dev.abode.engine.explanation.Diagnosis;
import dev.abode.engine.explanation.Difference;
import dev.abode.engine.explanation.Explanation;
import dev.abode.engine.explanation.Fact;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What Docker's API has no place for, below {@code /abode}: {@code GET
 * /abode/containers/{id}/explain} and {@code …/why}, and {@code POST /abode/explain} with the body
 * of {@code POST /containers/create} for a container that is only thought of.
 */
public final class ExplanationRoutes {
  private final Engine engine;

  public ExplanationRoutes(Engine engine) {
    this.engine = engine;
  }

  public List<Route> routes() {
    return List.of(
        Route.get("/abode/containers/{id}/explain", this::instance),
        Route.get("/abode/containers/{id}/why", this::why),
        Route.post("/abode/explain", this::draft));
  }

  private void instance(Call call) throws IOException {
    call.respond(document(engine.explain(call.parameter("id"))));
  }

  private void why(Call call) throws IOException {
    Diagnosis diagnosis = engine.diagnose(call.parameter("id"));
    call.respond(
        new JsonDocument()
            .with("Subject", diagnosis.subject())
            .with("Verdict", diagnosis.verdict())
            .with("Findings", diagnosis.findings())
            .with("LastLines", diagnosis.lastLines())
            .with("Tries", diagnosis.tries()));
  }

  private void draft(Call call) throws IOException {
    JsonObject body = call.document();
    SpecReader.Reading reading = SpecReader.read(body, Optional.empty(), Optional.empty());
    call.respond(
        document(engine.explain(reading.spec())).with("Warnings", List.copyOf(reading.warnings())));
  }

  private static JsonDocument document(Explanation explanation) {
    return new JsonDocument()
        .with("Subject", explanation.subject())
        .with("Image", explanation.image())
        .with("Pid", explanation.pid().orElse(0))
        .with("Chapters", explanation.chapters().stream().map(ExplanationRoutes::chapter).toList())
        .with(
            "Differences",
            explanation.differences().stream().map(ExplanationRoutes::difference).toList())
        .with("Plan", explanation.plan());
  }

  private static JsonDocument chapter(Chapter chapter) {
    return new JsonDocument()
        .with("Name", chapter.name())
        .with("Lead", chapter.lead())
        .with("Facts", chapter.facts().stream().map(ExplanationRoutes::fact).toList());
  }

  private static JsonDocument fact(Fact fact) {
    return new JsonDocument()
        .with("What", fact.what())
        .with("Is", fact.is())
        .with("Detail", fact.detail())
        .with("Why", fact.why())
        .with("Origin", fact.origin().name().toLowerCase(Locale.ROOT));
  }

  private static JsonDocument difference(Difference difference) {
    return new JsonDocument()
        .with("Chapter", difference.chapter())
        .with("What", difference.what())
        .with("Planned", difference.planned())
        .with("Seen", difference.seen())
        .with("Remark", difference.remark());
  }
}
