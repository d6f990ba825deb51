package dev.abode.cli.format;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows in columns: each as wide as its widest cell and three spaces, ten characters at least; the
 * last column ends where its text does.
 */
public final class Table {
  private static final int SMALLEST_WIDTH = 10;
  private static final int GAP = 3;

  private final List<String[]> rows = new ArrayList<>();

  /** Adds a row of cells that are separated by tabs. */
  public void addTabbed(String line) {
    rows.add(line.split("\t", -1));
  }

  public void add(String... cells) {
    rows.add(cells);
  }

  /** All rows, a line each. */
  public String text() {
    List<Integer> widths = new ArrayList<>();
    for (String[] row : rows) {
      for (int column = 0; column < row.length - 1; column++) {
        if (column == widths.size()) {
          widths.add(SMALLEST_WIDTH);
        }
        widths.set(column, Math.max(widths.get(column), width(row[column]) + GAP));
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      for (int column = 0; column < row.length; column++) {
        text.append(row[column]);
        if (column < row.length - 1) {
          text.repeat(' ', widths.get(column) - width(row[column]));
        }
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
