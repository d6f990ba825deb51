package dev.abode.engine.insight;

import java.util.List;

/** Exit statuses and signals in words. */
final class ExitWords {
  private static final List<String> SIGNALS =
      List.of(
          "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
          "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
          "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  private ExitWords() {}

  /** {@code SIGTERM}, or the number where there is no name. */
  static String signal(int number) {
    return number > 0 && number < SIGNALS.size() ? "SIG" + SIGNALS.get(number) : "signal " + number;
  }

  static List<String> findings(int status) {
    return switch (status) {
      case 0 -> List.of("Status 0 means that its program finished, and found that all went well.");
      case 126 ->
          List.of("Status 126 is a shell's: it found the command and was not allowed to run it.");
      case 127 -> List.of("Status 127 is a shell's: it did not find the command.");
      default ->
          status > 128 && status < 128 + SIGNALS.size()
              ? List.of(
                  "Its program ended by itself with status "
                      + status
                      + ", which is how a shell reports that a command of its was ended by "
                      + signal(status - 128)
                      + ".")
              : List.of("What status " + status + " means, only the program itself can say.");
    };
  }

  static List<String> tries(int status, String name, String image) {
    return switch (status) {
      case 0 -> List.of();
      case 126, 127 ->
          List.of(
              "abode run --rm -it --entrypoint sh " + image + " # look which commands there are");
      default -> List.of("abode logs " + name + " # all of its output");
    };
  }

  static List<String> signalFindings(int signal) {
    return switch (signal) {
      case 4 -> List.of("SIGILL: it executed what this processor does not know.");
      case 6 -> List.of("SIGABRT: it gave up by itself, mostly after a failed check.");
      case 7 ->
          List.of("SIGBUS: often a mapped file that is shorter than thought, or /dev/shm full.");
      case 11 -> List.of("SIGSEGV: it used memory that is not its own, a flaw of the program.");
      case 13 -> List.of("SIGPIPE: it wrote to something that nobody reads any more.");
      case 31 -> List.of("SIGSYS: it made a system call that the filter answers with death.");
      default -> List.of();
    };
  }

  static List<String> signalTries(int signal) {
    return switch (signal) {
      case 4 -> List.of("use an image that is built for an older processor");
      case 7 -> List.of("run it with a larger --shm-size");
      case 31 ->
          List.of("run it with --security-opt seccomp=unconfined once, to see whether that is it");
      default -> List.of();
    };
  }
}
