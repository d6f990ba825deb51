package dev.abode.docker.container;

import dev.abode.docker.json.JsonDocument;
import dev.abode.engine.instance.HealthCheck;

/** A health check in Docker's form; durations are nanoseconds. */
final class HealthDocument {
  private HealthDocument() {}

  static JsonDocument of(HealthCheck health) {
    return new JsonDocument()
        .with("Test", health.test())
        .with("Interval", health.interval().toNanos())
        .with("Timeout", health.timeout().toNanos())
        .with("StartPeriod", health.startPeriod().toNanos())
        .with("StartInterval", health.startInterval().toNanos())
        .with("Retries", health.retries());
  }
}
