package dev.abode.engine.insight;

import dev.abode.engine.explanation.Chapter;
import dev.abode.engine.explanation.Fact;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Facts by topic and by what they speak of; saying something again replaces it in its place. */
final class Chapters {
  private final Map<Topic, Map<String, Fact>> facts = new EnumMap<>(Topic.class);

  void put(Topic topic, Fact fact) {
    facts.computeIfAbsent(topic, none -> new LinkedHashMap<>()).put(fact.what(), fact);
  }

  /** A fact of the plan. */
  void plan(Topic topic, String what, String is, String detail, String why) {
    put(topic, Fact.planned(what, is, detail, why));
  }

  /** A fact of the kernel's view, without words of explanation. */
  void see(Topic topic, String what, String is, String detail) {
    put(topic, new Fact(what, is, detail, "", Fact.Origin.KERNEL));
  }

  Map<String, Fact> of(Topic topic) {
    return facts.getOrDefault(topic, Map.of());
  }

  Optional<Fact> find(Topic topic, String what) {
    return Optional.ofNullable(of(topic).get(what));
  }

  /** All that have a fact, in the order of the topics. */
  List<Chapter> list() {
    return list(Topic::title);
  }

  /** The same under other titles. */
  List<Chapter> list(Function<Topic, String> title) {
    List<Chapter> chapters = new ArrayList<>();
    facts.forEach(
        (topic, of) ->
            chapters.add(new Chapter(title.apply(topic), topic.lead(), List.copyOf(of.values()))));
    return chapters;
  }
}
