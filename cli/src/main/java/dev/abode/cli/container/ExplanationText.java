package dev.abode.cli.container;

import dev.abode.cli.format.Style;
import dev.abode.cli.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An explanation for people to read. */
final class ExplanationText {
  private static final int WIDEST_NAME = 28;
  private static final String NOTHING = "(nothing)";

  private final Style style;
  private final boolean brief;
  private final StringBuilder text = new StringBuilder();
  private String lastWhy = "";

  ExplanationText(Style style, boolean brief) {
    this.style = style;
    this.brief = brief;
  }

  String whole(Json explanation) {
    head(explanation);
    for (Json chapter : explanation.items("Chapters")) {
      title(chapter);
      int width = nameWidth(chapter.items("Facts"));
      for (Json fact : chapter.items("Facts")) {
        fact(fact, width, explanation.number("Pid") != 0 && fact.text("Origin").equals("plan"));
      }
    }
    differences(explanation);
    return text.toString();
  }

  private void head(Json explanation) {
    long pid = explanation.number("Pid");
    String subject = explanation.text("Subject");
    text.append(style.strong(subject));
    if (pid == 0) {
      text.append(": the walls that its start would raise, from the plan that it would execute.\n");
    } else {
      text.append(" runs as process ")
          .append(pid)
          .append(": its walls as the kernel shows them.\n")
          .append("What the kernel does not show is from the plan and marked with a dot.\n");
    }
  }

  private void title(Json chapter) {
    text.append('\n').append(style.strong(chapter.text("Name")));
    if (!brief) {
      text.append(": ").append(chapter.text("Lead"));
    }
    text.append('\n');
  }

  private static int nameWidth(List<Json> facts) {
    int width = 0;
    for (Json fact : facts) {
      int length = fact.text("What").length();
      width = length <= WIDEST_NAME ? Math.max(width, length) : width;
    }
    return width + 2;
  }

  private void fact(Json fact, int width, boolean marked) {
    String name = fact.text("What");
    text.append(marked ? "· " : "  ").append(name);
    if (name.length() >= width) {
      text.append('\n').repeat(' ', width + 2);
    } else {
      text.repeat(' ', width - name.length());
    }
    boolean showsDetail = !fact.text("Detail").isEmpty() && !brief;
    String is = fact.text("Is") + (showsDetail ? " (" + fact.text("Detail") + ")" : "");
    lines(style.wrap(is, width + 2), width + 2, false);
    String why = fact.text("Why");
    // What holds of several facts in a row is said once.
    if (!brief && !why.isEmpty() && !why.equals(lastWhy)) {
      text.repeat(' ', width + 2);
      lines(style.wrap(why, width + 2), width + 2, true);
    }
    lastWhy = why;
  }

  private void lines(List<String> lines, int indent, boolean faint) {
    for (int i = 0; i < lines.size(); i++) {
      if (i > 0) {
        text.repeat(' ', indent);
      }
      text.append(faint ? style.faint(lines.get(i)) : lines.get(i)).append('\n');
    }
  }

  private void differences(Json explanation) {
    if (explanation.number("Pid") == 0) {
      return;
    }
    List<Json> differences = explanation.items("Differences");
    text.append('\n');
    if (differences.isEmpty()) {
      text.append(style.good("The kernel shows what the plan says.")).append('\n');
      return;
    }
    text.append(style.warning("The kernel shows something else than the plan says:")).append('\n');
    for (Json difference : differences) {
      text.append("  ")
          .append(difference.text("Chapter"))
          .append(", ")
          .append(difference.text("What"))
          .append(": planned ")
          .append(difference.nonEmptyText("Planned").orElse("nothing"))
          .append(", seen ")
          .append(difference.nonEmptyText("Seen").orElse("nothing"));
      difference.nonEmptyText("Remark").ifPresent(words -> text.append(" (" + words + ")"));
      text.append('\n');
    }
  }

  /** What is not the same in both; what is particular to one run does not count. */
  String difference(Json left, Json right) {
    text.append("- ").append(left.text("Subject")).append('\n');
    text.append("+ ").append(right.text("Subject")).append('\n');
    int before = text.length();
    Map<String, Json> leftChapters = byName(left.items("Chapters"), "Name");
    Map<String, Json> rightChapters = byName(right.items("Chapters"), "Name");
    for (String name : union(leftChapters, rightChapters)) {
      chapterDifference(name, leftChapters, rightChapters);
    }
    if (text.length() == before) {
      text.append("\nThe same walls.\n");
    }
    return text.toString();
  }

  private void chapterDifference(String name, Map<String, Json> left, Map<String, Json> right) {
    Json absent = Json.object();
    Map<String, Json> leftFacts = byName(left.getOrDefault(name, absent).items("Facts"), "What");
    Map<String, Json> rightFacts = byName(right.getOrDefault(name, absent).items("Facts"), "What");
    List<String> differing = new ArrayList<>();
    for (String what : union(leftFacts, rightFacts)) {
      String leftIs = leftFacts.getOrDefault(what, absent).text("Is");
      if (!leftIs.equals(rightFacts.getOrDefault(what, absent).text("Is"))) {
        differing.add(what);
      }
    }
    if (differing.isEmpty()) {
      return;
    }
    text.append('\n').append(style.strong(name)).append('\n');
    for (String what : differing) {
      Json leftFact = leftFacts.getOrDefault(what, absent);
      Json rightFact = rightFacts.getOrDefault(what, absent);
      text.append("  ").append(what).append('\n');
      side("- ", leftFact, true);
      side("+ ", rightFact, false);
    }
  }

  private void side(String sign, Json fact, boolean left) {
    String is = fact.nonEmptyText("Is").orElse(NOTHING);
    String why = fact.text("Why");
    boolean isNew = !why.equals(lastWhy);
    lastWhy = why;
    List<String> lines = style.wrap(is, 6);
    for (int i = 0; i < lines.size(); i++) {
      String line = (i == 0 ? sign : "  ") + lines.get(i);
      text.append("    ").append(left ? style.bad(line) : style.good(line)).append('\n');
    }
    if (!brief && !why.isEmpty() && isNew) {
      text.repeat(' ', 6);
      lines(style.wrap(why, 6), 6, true);
    }
  }

  private static Map<String, Json> byName(List<Json> items, String name) {
    Map<String, Json> byName = new LinkedHashMap<>();
    items.forEach(item -> byName.put(item.text(name), item));
    return byName;
  }

  private static Set<String> union(Map<String, Json> left, Map<String, Json> right) {
    Set<String> names = new LinkedHashSet<>(left.keySet());
    names.addAll(right.keySet());
    return names;
  }
}
