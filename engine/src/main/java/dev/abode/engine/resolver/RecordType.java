package dev.abode.engine.resolver;

/** The TYPE and QTYPE values of RFC 1035, 1995, 3596 and 6891 that mean something here. */
final class RecordType {
  static final int A = 1;
  static final int PTR = 12;
  static final int AAAA = 28;
  static final int OPT = 41;
  static final int IXFR = 251;
  static final int AXFR = 252;
  static final int ANY = 255;

  /** CLASS {@code IN}; {@link #ANY} asks for every class. */
  static final int INTERNET = 1;

  private RecordType() {}
}
