package dev.abode.cli;

import dev.abode.cli.arguments.Option;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a word that is being typed may become: verbs and options from the same definitions that are
 * parsed, and names of what the engine has. An engine is asked if one listens, and none is started.
 */
final class Suggestions {
  private static final List<String> FOR_RUNNING =
      List.of("exec", "attach", "stop", "kill", "pause", "top", "stats", "port");

  private final Session session;
  private final String typed;

  /** Suggestions with a word of explanation each, which may be empty. */
  private final Map<String, String> found = new LinkedHashMap<>();

  private Suggestions(Session session, String typed) {
    this.session = session;
    this.typed = typed;
  }

  /**
   * The suggestions, a line each: the word, a tab, and what it is.
   *
   * @param words of the command line after {@code abode}, the last one being typed
   */
  static String of(Session session, List<String> words) {
    List<String> all = words.isEmpty() ? List.of("") : words;
    Suggestions suggestions = new Suggestions(session, all.getLast());
    suggestions.suggest(all.subList(0, all.size() - 1));
    StringBuilder text = new StringBuilder();
    suggestions.found.forEach(
        (word, what) -> text.append(word).append('\t').append(what).append('\n'));
    return text.toString();
  }

  private void add(String word, String what) {
    if (word.startsWith(typed)) {
      found.put(word, what);
    }
  }

  private void suggest(List<String> before) {
    List<String> words = withoutHost(before);
    if (words.isEmpty() || words.equals(List.of("help"))) {
      verbs();
      return;
    }
    boolean grouped = Verbs.isGroup(words.getFirst());
    if (grouped && words.size() == 1) {
      group(words.getFirst());
      return;
    }
    String name = grouped ? words.getFirst() + " " + words.get(1) : words.getFirst();
    Optional<Verb> verb = Verbs.named(name);
    verb.ifPresent(v -> ofVerb(v.syntax(), words.subList(grouped ? 2 : 1, words.size())));
  }

  private static List<String> withoutHost(List<String> words) {
    int i = 0;
    while (i < words.size() && words.get(i).startsWith("-")) {
      i += words.get(i).equals("-H") || words.get(i).equals("--host") ? 2 : 1;
    }
    return words.subList(Math.min(i, words.size()), words.size());
  }

  private void verbs() {
    List<String> names = new ArrayList<>(Verbs.COMMON);
    names.addAll(Verbs.OTHER);
    for (String name : names) {
      if (name.startsWith(typed)) {
        Verbs.named(name).ifPresent(verb -> add(name, verb.syntax().summary()));
      }
    }
    Verbs.GROUPED.stream()
        .map(name -> name.substring(0, name.indexOf(' ')))
        .distinct()
        .forEach(name -> add(name, "verbs on " + name));
    add("help", "tell more about a verb");
  }

  private void group(String group) {
    for (String name : Verbs.GROUPED) {
      if (name.startsWith(group + " ")) {
        Verbs.named(name)
            .ifPresent(verb -> add(name.substring(group.length() + 1), verb.syntax().summary()));
      }
    }
    for (String name : List.of("ls", "rm")) {
      Verbs.named(group + " " + name).ifPresent(verb -> add(name, verb.syntax().summary()));
    }
  }

  private void ofVerb(Syntax syntax, List<String> words) {
    Optional<Option> pending =
        words.isEmpty() ? Optional.empty() : expectsValue(syntax, words.getLast());
    if (pending.isPresent()) {
      values(pending.get());
    } else if (typed.startsWith("-")) {
      for (Option option : syntax.options()) {
        add("--" + option.name(), option.description());
      }
      add("--help", "tell about this verb");
    } else {
      operand(syntax, operands(syntax, words));
    }
  }

  private static Optional<Option> expectsValue(Syntax syntax, String word) {
    for (Option option : syntax.options()) {
      boolean named =
          word.equals("--" + option.name())
              || option.letter().filter(letter -> word.equals("-" + letter)).isPresent();
      if (named && option.value() != Option.Value.SWITCH) {
        return Optional.of(option);
      }
    }
    return Optional.empty();
  }

  private void values(Option option) {
    String placeholder = option.placeholder();
    if (placeholder.matches("[a-z]+(\\|[a-z]+)+")) {
      for (String value : placeholder.split("\\|", -1)) {
        add(value, "");
      }
    } else if (placeholder.equals("CONTAINER")) {
      containers(false);
    } else if (placeholder.equals("NETWORK")) {
      networks();
    } else if (option.name().equals("format")) {
      add("json", "");
      add("table", "");
    } else if (option.name().equals("runtime")) {
      add("container", "namespaces on the shared kernel");
      add("vm", "a hypervisor and a kernel of its own");
    }
  }

  private static int operands(Syntax syntax, List<String> words) {
    int count = 0;
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).startsWith("-")) {
        i += expectsValue(syntax, words.get(i)).isPresent() ? 1 : 0;
      } else {
        count++;
      }
    }
    return count;
  }

  private void operand(Syntax syntax, int index) {
    String shape = syntax.operands();
    boolean repeats = shape.contains("...") && !shape.contains("ARG...");
    if (index > 0 && !repeats && !shape.contains("|")) {
      return;
    }
    if (shape.contains("CONTAINER") || shape.contains("NAME|ID")) {
      containers(FOR_RUNNING.contains(syntax.name()));
    }
    if (shape.contains("IMAGE") || shape.contains("NAME|ID")) {
      images();
    }
    if (shape.contains("VOLUME")) {
      volumes();
    }
    if (shape.contains("NETWORK")) {
      networks();
    }
  }

  // ---- what the engine has

  private void containers(boolean running) {
    for (Json container : ask("/containers/json" + (running ? "" : "?all=1")).items()) {
      for (String name : container.texts("Names")) {
        add(
            name.startsWith("/") ? name.substring(1) : name,
            container.text("Image") + ", " + container.text("Status"));
      }
    }
  }

  private void images() {
    for (Json image : ask("/images/json").items()) {
      for (String tag : image.texts("RepoTags")) {
        if (!tag.contains("<none>")) {
          add(tag, "image");
        }
      }
    }
  }

  private void volumes() {
    for (Json volume : ask("/volumes").items("Volumes")) {
      add(volume.text("Name"), "volume");
    }
  }

  private void networks() {
    for (Json network : ask("/networks").items()) {
      add(network.text("Name"), network.text("Driver") + " network");
    }
  }

  private Json ask(String path) {
    try (ApiClient api = new ApiClient(session.address().socket())) {
      return api.get(path).json();
    } catch (IOException | RuntimeException nobody) {
      // Nothing to suggest is no reason to disturb who is typing.
      return Json.object();
    }
  }
}
