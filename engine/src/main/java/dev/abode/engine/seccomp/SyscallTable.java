package dev.abode.engine.seccomp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** The numbers of system calls, from the resource {@code syscalls.tsv}. */
final class SyscallTable {
  private static final Map<Architecture, Map<String, Integer>> NUMBERS = load();

  private SyscallTable() {}

  /** The number of {@code name}; empty when the architecture, or our table, has no such call. */
  static OptionalInt number(Architecture architecture, String name) {
    Integer number = numbers(architecture).get(name);
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  /** All names of an architecture. */
  static Map<String, Integer> numbers(Architecture architecture) {
    return NUMBERS.getOrDefault(architecture, Map.of());
  }

  private static Map<Architecture, Map<String, Integer>> load() {
    Map<Architecture, Map<String, Integer>> numbers = new EnumMap<>(Architecture.class);
    for (Architecture architecture : Architecture.values()) {
      numbers.put(architecture, new HashMap<>());
    }
    try (InputStream resource = SyscallTable.class.getResourceAsStream("syscalls.tsv")) {
      if (resource == null) {
        throw new IllegalStateException("syscalls.tsv is not beside " + SyscallTable.class);
      }
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(resource, StandardCharsets.US_ASCII));
      for (String line : reader.lines().toList()) {
        if (line.startsWith("#")) {
          continue;
        }
        String[] fields = line.split("\t", -1);
        for (Architecture architecture : Architecture.values()) {
          String number = fields[1 + architecture.ordinal()];
          if (!number.equals("-")) {
            numbers.getOrDefault(architecture, Map.of()).put(fields[0], Integer.valueOf(number));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return numbers;
  }
}
