package dev.abode.engine.instance;

import java.util.List;

/** What {@code ps} shows of an instance's processes. */
public record ProcessTable(List<String> titles, List<List<String>> rows) {
  public ProcessTable {
    titles = List.copyOf(titles);
    rows = List.copyOf(rows);
  }
}
