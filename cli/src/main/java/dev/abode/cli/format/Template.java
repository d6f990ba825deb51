package dev.abode.cli.format;

import dev.abode.cli.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@code --format} template: the part of Go's {@code text/template} that is met in the wild, on a
 * JSON value.
 *
 * <p>{@code {{.A.B}}}, {@code {{json .}}}, {@code join}, {@code upper}, {@code lower}, {@code
 * title}, {@code split}, {@code truncate}, {@code len}, {@code index}, {@code slice}, {@code
 * print}, {@code println}, {@code printf}, comparisons, {@code and}, {@code or}, {@code not},
 * pipes, {@code if}, {@code with}, {@code range}, {@code else}, variables, comments and trimming
 * dashes. Templates that define templates are left out.
 */
public final class Template {
  private final Node body;

  private Template(Node body) {
    this.body = body;
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  public static Template parse(String text) {
    return new Template(new TemplateParser(text).parse());
  }

  /** {@code \t} and {@code \n}, which shells hand over as two characters. */
  public static String unescape(String text) {
    return text.replace("\\t", "\t").replace("\\n", "\n");
  }

  /**
   * The text for one value.
   *
   * @throws IllegalArgumentException if a function does not fit its arguments
   */
  public String apply(Json value) {
    StringBuilder into = new StringBuilder();
    Map<String, Json> variables = new HashMap<>();
    variables.put("$", value);
    body.render(value, variables, into);
    return into.toString();
  }

  /** A piece of a template. */
  sealed interface Node {
    void render(Json dot, Map<String, Json> variables, StringBuilder into);

    /** Text between actions. */
    record Literal(String text) implements Node {
      @Override
      public void render(Json dot, Map<String, Json> variables, StringBuilder into) {
        into.append(text);
      }
    }

    /** Pieces one after the other. */
    record Sequence(List<Node> nodes) implements Node {
      @Override
      public void render(Json dot, Map<String, Json> variables, StringBuilder into) {
        for (Node node : nodes) {
          node.render(dot, variables, into);
        }
      }
    }

    /** {@code {{expression}}}. */
    record Show(Expression expression) implements Node {
      @Override
      public void render(Json dot, Map<String, Json> variables, StringBuilder into) {
        into.append(TemplateFunctions.show(expression.evaluate(dot, variables)));
      }
    }

    /** {@code {{$x := expression}}}. */
    record Assign(String name, Expression expression) implements Node {
      @Override
      public void render(Json dot, Map<String, Json> variables, StringBuilder into) {
        variables.put(name, expression.evaluate(dot, variables));
      }
    }

    /** {@code if}, and {@code with} which also moves the dot. */
    record When(boolean movesDot, Expression condition, Node then, Node otherwise) implements Node {
      @Override
      public void render(Json dot, Map<String, Json> variables, StringBuilder into) {
        Json value = condition.evaluate(dot, variables);
        if (TemplateFunctions.isTrue(value)) {
          then.render(movesDot ? value : dot, variables, into);
        } else {
          otherwise.render(dot, variables, into);
        }
      }
    }

    /** {@code range}, over an array, or an object in the order of its keys. */
    record Range(List<String> names, Expression collection, Node each, Node otherwise)
        implements Node {
      @Override
      public void render(Json dot, Map<String, Json> variables, StringBuilder into) {
        List<Json> keys = new ArrayList<>();
        List<Json> values = new ArrayList<>();
        Json all = collection.evaluate(dot, variables);
        for (Json item : all.items()) {
          keys.add(Json.of(keys.size()));
          values.add(item);
        }
        all.fields().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .forEach(
                field -> {
                  keys.add(Json.of(field.getKey()));
                  values.add(field.getValue());
                });
        for (int i = 0; i < values.size(); i++) {
          if (names.size() == 2) {
            variables.put(names.get(0), keys.get(i));
          }
          if (!names.isEmpty()) {
            variables.put(names.getLast(), values.get(i));
          }
          each.render(values.get(i), variables, into);
        }
        if (values.isEmpty()) {
          otherwise.render(dot, variables, into);
        }
      }
    }
  }

  /** What stands in an action and has a value. */
  sealed interface Expression {
    Json evaluate(Json dot, Map<String, Json> variables);

    /** A string, number or boolean. */
    record Constant(Json value) implements Expression {
      @Override
      public Json evaluate(Json dot, Map<String, Json> variables) {
        return value;
      }
    }

    /** {@code .A.B}, {@code $x.A}, {@code (expression).A}. */
    record Path(Expression start, List<String> names) implements Expression {
      @Override
      public Json evaluate(Json dot, Map<String, Json> variables) {
        return start.evaluate(dot, variables).at(names.toArray(String[]::new));
      }
    }

    /** The dot itself. */
    record Dot() implements Expression {
      @Override
      public Json evaluate(Json dot, Map<String, Json> variables) {
        return dot;
      }
    }

    /** {@code $x}. */
    record Variable(String name) implements Expression {
      @Override
      public Json evaluate(Json dot, Map<String, Json> variables) {
        Json value = variables.get(name);
        if (value == null) {
          throw new IllegalArgumentException("undefined variable " + name);
        }
        return value;
      }
    }

    /** A function and its arguments; a pipe adds the value before it as the last one. */
    record Call(String function, List<Expression> arguments) implements Expression {
      @Override
      public Json evaluate(Json dot, Map<String, Json> variables) {
        List<Json> values = new ArrayList<>();
        for (Expression argument : arguments) {
          values.add(argument.evaluate(dot, variables));
        }
        return TemplateFunctions.call(function, values);
      }
    }
  }
}
