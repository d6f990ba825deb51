package dev.abode.cli.format;

import dev.abode.cli.json.Json;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A list of things of one kind, printed as Docker prints them: a table, a table of chosen columns
 * ({@code table {{.ID}}\t{{.Names}}}), JSON a line each, or any template a line each.
 *
 * @param columns those of the default table, in order
 */
public record Listing(List<Column> columns) {

  /** A field of a row and the heading above it. */
  public record Column(String field, String heading) {}

  /** A listing whose default table has these columns: field, heading, field, heading… */
  public static Listing of(String... fieldsAndHeadings) {
    Column[] columns = new Column[fieldsAndHeadings.length / 2];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = new Column(fieldsAndHeadings[2 * i], fieldsAndHeadings[2 * i + 1]);
    }
    return new Listing(List.of(columns));
  }

  /** Prints rows in the format that was asked for, or as the default table. */
  public void print(PrintStream out, Optional<String> format, List<? extends Json> rows) {
    String wanted = format.orElse("table");
    if (wanted.equals("json")) {
      for (Json row : rows) {
        out.println(row.compact());
      }
    } else if (wanted.equals("table")) {
      Table table = new Table();
      table.add(columns.stream().map(Column::heading).toArray(String[]::new));
      for (Json row : rows) {
        table.add(columns.stream().map(column -> row.text(column.field())).toArray(String[]::new));
      }
      out.print(table.text());
    } else if (wanted.startsWith("table ")) {
      String body = Template.unescape(wanted.substring("table ".length()));
      Template template = Template.parse(body);
      Table table = new Table();
      table.addTabbed(headings(body));
      for (Json row : rows) {
        table.addTabbed(template.apply(row));
      }
      out.print(table.text());
    } else {
      Template template = Template.parse(Template.unescape(wanted));
      for (Json row : rows) {
        out.println(template.apply(row));
      }
    }
  }

  private String headings(String template) {
    Matcher action = Pattern.compile("\\{\\{[^}]*?\\.(\\w+)[^}]*}}").matcher(template);
    return action.replaceAll(found -> Matcher.quoteReplacement(heading(found.group(1))));
  }

  private String heading(String field) {
    for (Column column : columns) {
      if (column.field().equals(field)) {
        return column.heading();
      }
    }
    return field.replaceAll("([a-z])([A-Z])", "$1 $2").toUpperCase(Locale.ROOT);
  }
}
