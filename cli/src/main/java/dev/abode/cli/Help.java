package dev.abode.cli;

import dev.abode.cli.arguments.Option;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.format.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What {@code --help} shows. */
final class Help {
  private Help() {}

  /** What a newcomer sees who types the name alone. */
  static String greeting() {
    return """
        Abode runs images as containers and as virtual machines. Five commands to begin with:

          abode doctor                        look whether this host has everything
          abode run --rm -it alpine sh        a shell in a container
          abode run -d --name web nginx       a program in the background
          abode explain web                   what separates it from everything else
          abode why web                       why it ended, or did not start

        abode --help lists all verbs, abode VERB --help tells about one.
        """;
  }

  static String overview() {
    StringBuilder text = new StringBuilder();
    text.append("Usage: abode [--host unix://PATH] VERB [OPTIONS]\n\n");
    text.append("One engine for containers and virtual machines.\n");
    section(text, "Common verbs", Verbs.COMMON);
    section(text, "Other verbs", Verbs.OTHER);
    section(text, "The engine, and grouped forms", Verbs.GROUPED);
    text.append(
        """

        container, image and system also group the verbs above: abode container ls, abode image rm.
        The engine is looked for at --host, ABODE_HOST, DOCKER_HOST, then /run/abode/abode.sock.
        abode help VERB, or abode VERB --help, tells more about one.
        """);
    return text.toString();
  }

  /** Of the verbs whose names begin with a word, such as {@code snapshot}. */
  static String ofGroup(String group) {
    Stream<String> plain =
        Stream.of(Verbs.COMMON, Verbs.OTHER, List.of("ls", "rm"))
            .flatMap(List::stream)
            .map(verb -> group + " " + verb)
            .filter(name -> Verbs.named(name).isPresent());
    Stream<String> grouped = Verbs.GROUPED.stream().filter(name -> name.startsWith(group + " "));
    StringBuilder text = new StringBuilder();
    text.append("Usage: abode ").append(group).append(" VERB [OPTIONS]\n");
    section(text, "Verbs", Stream.concat(plain, grouped).distinct().sorted().toList());
    text.append("\nabode ").append(group).append(" VERB --help tells about one.\n");
    return text.toString();
  }

  private static void section(StringBuilder text, String title, List<String> names) {
    text.append('\n').append(title).append(":\n");
    Table table = new Table();
    for (String name : names) {
      Verbs.named(name).ifPresent(verb -> table.add("  " + name, verb.syntax().summary()));
    }
    text.append(table.text());
  }

  static String of(Syntax syntax) {
    StringBuilder text = new StringBuilder();
    text.append(("Usage: abode " + syntax.name() + " " + syntax.operands()).strip()).append("\n\n");
    text.append(syntax.summary()).append('\n');
    if (!syntax.options().isEmpty()) {
      text.append("\nOptions:\n");
      Table table = new Table();
      for (Option option : syntax.options()) {
        table.add(
            "  "
                + option.letter().map(letter -> "-" + letter + ", ").orElse("    ")
                + "--"
                + option.name()
                + (option.placeholder().isEmpty() ? "" : " " + option.placeholder()),
            option.description());
      }
      text.append(table.text());
    }
    text.append(syntax.examples().size() > 1 ? "\nExamples:\n" : "\nExample:\n");
    syntax.examples().forEach(example -> text.append("  ").append(example).append('\n'));
    return text.toString();
  }

  /** What to say to a word that is no verb. */
  static String unknown(String word) {
    List<String> close = new ArrayList<>();
    List<String> all = new ArrayList<>(Verbs.COMMON);
    all.addAll(Verbs.OTHER);
    all.addAll(Verbs.GROUPED);
    int best = 3;
    for (String name : all) {
      int distance = distance(word, name);
      if (distance < best) {
        best = distance;
        close.clear();
      }
      if (distance == best && distance < word.length()) {
        close.add(name);
      }
    }
    return "there is no verb \""
        + word
        + "\""
        + (close.isEmpty()
            ? "; abode --help lists them"
            : "; did you mean: " + String.join(", ", close) + "?");
  }

  /** How many letters differ, two that changed places counting once (Damerau, Levenshtein). */
  private static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int replaced = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        cost[i][j] = Math.min(replaced, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[a.length()][b.length()];
  }
}
