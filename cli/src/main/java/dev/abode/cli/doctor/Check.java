package dev.abode.cli.doctor;

/**
 * One thing that was looked at.
 *
 * @param found what is so, in words
 * @param mend what to do; empty when nothing is to be done
 */
record Check(String name, Verdict verdict, String found, String mend) {

  /** How well it is. */
  enum Verdict {
    OK,
    /** Something works less well, or a part of the engine does not work. */
    WARN,
    /** The engine does not work. */
    MISSING;

    String word() {
      return switch (this) {
        case OK -> "ok";
        case WARN -> "warn";
        case MISSING -> "missing";
      };
    }
  }

  static Check ok(String name, String found) {
    return new Check(name, Verdict.OK, found, "");
  }

  static Check warn(String name, String found, String mend) {
    return new Check(name, Verdict.WARN, found, mend);
  }

  static Check missing(String name, String found, String mend) {
    return new Check(name, Verdict.MISSING, found, mend);
  }
}
