package dev.abode.image.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One way a server accepts credentials, RFC 9110 §11.6.1.
 *
 * @param scheme in lower case, {@code basic} or {@code bearer}
 * @param parameters by lower-case name; the first of a repeated one counts
 */
record Challenge(String scheme, Map<String, String> parameters) {
  private static final int LONGEST = 16 * 1024;

  Challenge {
    parameters = Map.copyOf(parameters);
  }

  /** A parameter, empty if it is not there. */
  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /**
   * Reads all {@code WWW-Authenticate} headers of an answer. Each may hold several challenges; what
   * cannot be read ends its header, what came before it counts.
   */
  static List<Challenge> parse(List<String> headers) {
    List<Challenge> all = new ArrayList<>();
    for (String header : headers) {
      new Reader(header.substring(0, Math.min(header.length(), LONGEST))).readInto(all);
    }
    return List.copyOf(all);
  }

  /** A walk over one header. */
  private static final class Reader {
    private final String text;
    private int at;

    Reader(String text) {
      this.text = text;
    }

    void readInto(List<Challenge> all) {
      skip(" \t,");
      while (at < text.length()) {
        String scheme = token();
        if (scheme.isEmpty()) {
          return;
        }
        Map<String, String> parameters = new TreeMap<>();
        boolean intact = parameters(parameters);
        all.add(new Challenge(scheme.toLowerCase(Locale.ROOT), parameters));
        if (!intact) {
          return;
        }
        skip(" \t,");
      }
    }

    /** Reads {@code name=value} pairs until something that is not one, the next scheme. */
    private boolean parameters(Map<String, String> into) {
      while (true) {
        skip(" \t,");
        int before = at;
        String name = token();
        skip(" \t");
        if (name.isEmpty() || at >= text.length() || text.charAt(at) != '=') {
          at = before;
          return name.isEmpty() ? at >= text.length() : true;
        }
        at++;
        skip(" \t");
        into.putIfAbsent(name.toLowerCase(Locale.ROOT), value());
      }
    }

    private String value() {
      if (at >= text.length() || text.charAt(at) != '"') {
        return unquoted();
      }
      StringBuilder value = new StringBuilder();
      for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
        if (text.charAt(at) == '\\' && at + 1 < text.length()) {
          at++;
        }
        value.append(text.charAt(at));
      }
      // Past the closing quote, which a broken header lacks.
      at = Math.min(at + 1, text.length());
      return value.toString();
    }

    /** Wider than a token: some registries do not quote URLs. */
    private String unquoted() {
      int start = at;
      while (at < text.length() && " \t,".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      return text.substring(start, at);
    }

    private String token() {
      int start = at;
      while (at < text.length() && isTokenCharacter(text.charAt(at))) {
        at++;
      }
      return text.substring(start, at);
    }

    private static boolean isTokenCharacter(char c) {
      boolean alphanumeric =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      return alphanumeric || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }

    private void skip(String characters) {
      while (at < text.length() && characters.indexOf(text.charAt(at)) >= 0) {
        at++;
      }
    }
  }
}
