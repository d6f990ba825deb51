package dev.abode.engine.instance;

import java.time.Instant;
import java.util.Map;

/**
 * Something that happened, in Docker's words.
 *
 * @param type {@code container}, {@code image}, {@code volume}, {@code network}, {@code daemon}
 * @param action for example {@code create}, {@code start}, {@code die}, {@code exec_create: sh}
 * @param actorId ID of what it happened to
 */
public record Event(
    Instant time, String type, String action, String actorId, Map<String, String> attributes) {
  public Event {
    attributes = Map.copyOf(attributes);
  }
}
