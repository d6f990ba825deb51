package dev.abode.engine.resolver;

/** What a client sent is no question that could be understood; {@link #code} is what to tell it. */
final class MalformedQueryException extends Exception {
  private static final long serialVersionUID = 1L;

  final ResponseCode code;

  MalformedQueryException(ResponseCode code, String what) {
    super(what);
    this.code = code;
  }
}
