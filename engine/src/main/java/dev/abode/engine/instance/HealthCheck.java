package dev.abode.engine.instance;

import java.time.Duration;
import java.util.List;

/**
 * How to find out whether an instance is healthy, as a Dockerfile's HEALTHCHECK.
 *
 * @param test {@code NONE}, or {@code CMD} and arguments, or {@code CMD-SHELL} and a line
 * @param retries failures in a row that make it unhealthy, at least 1
 */
public record HealthCheck(
    List<String> test,
    Duration interval,
    Duration timeout,
    Duration startPeriod,
    Duration startInterval,
    int retries) {
  public HealthCheck {
    test = List.copyOf(test);
  }
}
