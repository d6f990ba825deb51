package dev.abode.engine.resolver;

/** RCODE of RFC 1035 section 4.1.1 and RFC 6891 section 9, as far as answers are made here. */
enum ResponseCode {
  NO_ERROR(0),
  FORMAT_ERROR(1),
  SERVER_FAILURE(2),
  NO_SUCH_NAME(3),
  NOT_IMPLEMENTED(4),
  REFUSED(5),
  BAD_VERSION(16);

  final int value;

  ResponseCode(int value) {
    this.value = value;
  }
}
