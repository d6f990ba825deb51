package dev.abode.engine.explanation;

import java.util.List;

/**
 * Facts of one kind.
 *
 * @param name short, for example {@code Namespaces}
 * @param lead one sentence that says what this kind of wall does
 */
public record Chapter(String name, String lead, List<Fact> facts) {
  public Chapter {
    facts = List.copyOf(facts);
  }
}
