package dev.abode.engine.seccomp;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * What a filter does to each system call of this machine, found out by running the very program
 * with each number, all arguments being zero.
 *
 * @param instructions how long the program is
 * @param allowed names of calls that pass, sorted; some only with certain arguments
 * @param refused names of calls that do not, sorted
 */
public record FilterSummary(int instructions, List<String> allowed, List<String> refused) {
  public FilterSummary {
    allowed = List.copyOf(allowed);
    refused = List.copyOf(refused);
  }

  /**
   * Reads a program.
   *
   * @param program an array of {@code struct sock_filter}
   */
  public static FilterSummary of(ByteBuffer program) {
    Architecture architecture = Architecture.ofJava(System.getProperty("os.arch"));
    FilterMachine machine = new FilterMachine(program);
    List<String> allowed = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    new TreeMap<>(SyscallTable.numbers(architecture))
        .forEach(
            (name, number) -> {
              Verdict verdict = machine.run(architecture.auditNumber(), number);
              boolean passes = verdict.equals(Verdict.ALLOW) || verdict.equals(Verdict.LOG);
              (passes ? allowed : refused).add(name);
            });
    return new FilterSummary(machine.length(), allowed, refused);
  }
}
