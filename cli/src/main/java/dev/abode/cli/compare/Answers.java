package dev.abode.cli.compare;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the probe printed: a name and a value on every line. */
record Answers(Map<String, String> values) {
  static Answers of(String printed) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : printed.lines().toList()) {
      String[] words = line.strip().split("\\s+", 2);
      values.put(words[0], words.length > 1 ? words[1] : "");
    }
    return new Answers(values);
  }

  String word(String name) throws IOException {
    String value = values.get(name);
    if (value == null) {
      throw new IOException("the probe did not tell \"" + name + "\", but " + values);
    }
    return value;
  }

  double number(String name) throws IOException {
    String word = word(name);
    try {
      return Double.parseDouble(word);
    } catch (NumberFormatException garbled) {
      throw new IOException("the probe told \"" + word + "\" as its " + name, garbled);
    }
  }
}
