package dev.abode.cli.format;

import dev.abode.cli.format.Template.Expression;
import dev.abode.cli.format.Template.Node;
import dev.abode.cli.json.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** Reads a template: first cut into text and actions, then each action into words. */
final class TemplateParser {
  private final List<Piece> pieces;
  private int next;

  /** Either text, or the inside of an action cut into words. */
  private record Piece(String text, List<String> words) {
    boolean isAction() {
      return !words.isEmpty();
    }

    String keyword() {
      return isAction() ? words.getFirst() : "";
    }
  }

  TemplateParser(String template) {
    pieces = cut(template);
  }

  Node parse() {
    Node node = sequence();
    if (next < pieces.size()) {
      throw malformed("{{" + pieces.get(next).keyword() + "}} without its beginning");
    }
    return node;
  }

  private static List<Piece> cut(String template) {
    List<Piece> pieces = new ArrayList<>();
    int at = 0;
    boolean trimLeft = false;
    while (at <= template.length()) {
      int open = template.indexOf("{{", at);
      String text = template.substring(at, open < 0 ? template.length() : open);
      int close = open < 0 ? -1 : closing(template, open + 2);
      if (open >= 0 && close < 0) {
        throw malformed("{{ without }}");
      }
      String action = open < 0 ? "" : template.substring(open + 2, close);
      if (trimLeft) {
        text = text.stripLeading();
      }
      if (action.startsWith("- ")) {
        text = text.stripTrailing();
        action = action.substring(2);
      }
      trimLeft = action.endsWith(" -");
      if (trimLeft) {
        action = action.substring(0, action.length() - 2);
      }
      if (!text.isEmpty()) {
        pieces.add(new Piece(text, List.of()));
      }
      if (open < 0) {
        break;
      }
      if (!action.strip().startsWith("/*")) {
        List<String> words = words(action);
        if (words.isEmpty()) {
          throw malformed("an empty action");
        }
        pieces.add(new Piece("", words));
      }
      at = close + 2;
    }
    return pieces;
  }

  /** Where an action ends; braces in a string do not end it. */
  private static int closing(String template, int from) {
    char quote = 0;
    for (int i = from; i < template.length(); i++) {
      char c = template.charAt(i);
      if (quote != 0) {
        if (c == '\\' && quote == '"') {
          i++;
        } else if (c == quote) {
          quote = 0;
        }
      } else if (c == '"' || c == '`') {
        quote = c;
      } else if (template.startsWith("}}", i)) {
        return i;
      }
    }
    return -1;
  }

  private static List<String> words(String action) {
    List<String> words = new ArrayList<>();
    int i = 0;
    while (i < action.length()) {
      char c = action.charAt(i);
      int start = i;
      if (Character.isWhitespace(c)) {
        i++;
        continue;
      } else if (c == '"' || c == '`') {
        i++;
        while (i < action.length() && action.charAt(i) != c) {
          i += action.charAt(i) == '\\' && c == '"' ? 2 : 1;
        }
        i++;
        if (i > action.length()) {
          throw malformed("a string that does not end: " + action.substring(start));
        }
      } else if (c == '(' || c == '|' || c == ',') {
        i++;
      } else if (c == ')') {
        i++;
        // What follows a parenthesis without a space is a path into its value.
        while (i < action.length() && isPathCharacter(action.charAt(i))) {
          i++;
        }
      } else if (action.startsWith(":=", i)) {
        i += 2;
      } else {
        while (i < action.length()
            && !Character.isWhitespace(action.charAt(i))
            && "()|,\"`".indexOf(action.charAt(i)) < 0
            && !action.startsWith(":=", i)) {
          i++;
        }
      }
      words.add(action.substring(start, i));
    }
    return words;
  }

  private static boolean isPathCharacter(char c) {
    return c == '.' || c == '_' || Character.isLetterOrDigit(c);
  }

  private Node sequence() {
    List<Node> nodes = new ArrayList<>();
    while (next < pieces.size()) {
      Piece piece = pieces.get(next);
      if (!piece.isAction()) {
        next++;
        nodes.add(new Node.Literal(piece.text()));
        continue;
      }
      switch (piece.keyword()) {
        case "end", "else" -> {
          return new Node.Sequence(nodes);
        }
        case "if", "with" -> {
          next++;
          nodes.add(when(piece.keyword().equals("with"), rest(piece.words(), 1)));
        }
        case "range" -> {
          next++;
          nodes.add(range(piece.words()));
        }
        default -> {
          next++;
          List<String> words = piece.words();
          boolean assigns = words.size() > 2 && words.get(1).matches(":?=");
          nodes.add(
              assigns
                  ? new Node.Assign(words.getFirst(), expression(rest(words, 2)))
                  : new Node.Show(expression(words)));
        }
      }
    }
    return new Node.Sequence(nodes);
  }

  private Node when(boolean movesDot, List<String> condition) {
    Expression expression = expression(condition);
    Node then = sequence();
    Node otherwise = new Node.Sequence(List.of());
    Piece closing = closingPiece();
    if (closing.keyword().equals("else")) {
      if (closing.words().size() > 1) {
        // {{else if …}} shares the {{end}} of the whole.
        return new Node.When(
            movesDot,
            expression,
            then,
            when(closing.words().get(1).equals("with"), rest(closing.words(), 2)));
      }
      otherwise = sequence();
      expectEnd();
    }
    return new Node.When(movesDot, expression, then, otherwise);
  }

  private Node range(List<String> words) {
    List<String> names = new ArrayList<>();
    int assigned = words.indexOf(":=");
    if (assigned > 0) {
      for (String word : words.subList(1, assigned)) {
        if (!word.equals(",")) {
          names.add(word);
        }
      }
    }
    Expression collection = expression(rest(words, Math.max(assigned, 0) + 1));
    Node each = sequence();
    Node otherwise = new Node.Sequence(List.of());
    if (closingPiece().keyword().equals("else")) {
      otherwise = sequence();
      expectEnd();
    }
    return new Node.Range(names, collection, each, otherwise);
  }

  private Piece closingPiece() {
    if (next == pieces.size()) {
      throw malformed("{{end}} is missing");
    }
    return pieces.get(next++);
  }

  private void expectEnd() {
    if (!closingPiece().keyword().equals("end")) {
      throw malformed("{{end}} is missing");
    }
  }

  private static List<String> rest(List<String> words, int from) {
    return words.subList(Math.min(from, words.size()), words.size());
  }

  private static Expression expression(List<String> words) {
    return new Words(words).pipeline();
  }

  private static IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException("malformed template: " + what);
  }

  /** The words of one action, read from left to right. */
  private static final class Words {
    private final List<String> words;
    private int at;

    Words(List<String> words) {
      this.words = words;
    }

    Expression pipeline() {
      Expression value = command(List.of());
      while (at < words.size() && words.get(at).equals("|")) {
        at++;
        value = command(List.of(value));
      }
      return value;
    }

    private Expression command(List<Expression> piped) {
      if (at == words.size()) {
        throw malformed("a value is missing");
      }
      String first = words.get(at);
      if (!Character.isLetter(first.charAt(0)) || first.equals("true") || first.equals("false")) {
        return operand();
      }
      at++;
      List<Expression> arguments = new ArrayList<>();
      while (at < words.size() && !words.get(at).equals("|") && !words.get(at).startsWith(")")) {
        arguments.add(operand());
      }
      arguments.addAll(piped);
      return new Expression.Call(first, arguments);
    }

    private Expression operand() {
      String word = words.get(at++);
      char first = word.charAt(0);
      if (first == '(') {
        Expression inner = pipeline();
        if (at == words.size() || !words.get(at).startsWith(")")) {
          throw malformed(") is missing");
        }
        return path(inner, words.get(at++).substring(1));
      } else if (first == '.') {
        return path(new Expression.Dot(), word);
      } else if (first == '$') {
        int dot = word.indexOf('.');
        return dot < 0
            ? new Expression.Variable(word)
            : path(new Expression.Variable(word.substring(0, dot)), word.substring(dot));
      } else if (first == '"') {
        return new Expression.Constant(Json.parse(word));
      } else if (first == '`') {
        return new Expression.Constant(Json.of(word.substring(1, word.length() - 1)));
      } else if (word.equals("true") || word.equals("false")) {
        return new Expression.Constant(Json.of(word.equals("true")));
      } else if (Character.isDigit(first) || first == '-') {
        try {
          return new Expression.Constant(new Json.Num(new BigDecimal(word)));
        } catch (NumberFormatException notANumber) {
          throw malformed("not a number: " + word);
        }
      } else if (Character.isLetter(first)) {
        return new Expression.Call(word, List.of());
      }
      throw malformed("unexpected " + word);
    }

    private static Expression path(Expression start, String path) {
      List<String> names = new ArrayList<>();
      for (String name : path.split("\\.", -1)) {
        if (!name.isEmpty()) {
          names.add(name);
        }
      }
      return names.isEmpty() ? start : new Expression.Path(start, names);
    }
  }
}
