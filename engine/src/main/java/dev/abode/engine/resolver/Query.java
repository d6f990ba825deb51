package dev.abode.engine.resolver;

import java.util.OptionalInt;

/** One question of a client, and the message it came in. */
final class Query {
  /** What a client without EDNS can take in a datagram. */
  static final int PLAIN_DATAGRAM = 512;

  /** No more than this is put into one datagram, whatever the client says it can take. */
  private static final int MAX_DATAGRAM = 4096;

  private static final int MAX_NAME = 255;

  private final byte[] message;
  private final String name;
  private final int questionEnd;
  private final OptionalInt ednsSize;
  private final int ednsVersion;
  private final boolean ednsOk;

  private Query(byte[] message, String name, int questionEnd, Edns edns) {
    this.message = message;
    this.name = name;
    this.questionEnd = questionEnd;
    this.ednsSize = edns.size;
    this.ednsVersion = edns.version;
    this.ednsOk = edns.dnssecOk;
  }

  private record Edns(OptionalInt size, int version, boolean dnssecOk) {
    static final Edns ABSENT = new Edns(OptionalInt.empty(), 0, false);
  }

  /** Whether an answer could be sent at all: it has a header, and is no answer itself. */
  static boolean deservesAnswer(byte[] message) {
    return message.length >= Header.BYTES && !Header.isResponse(message);
  }

  /**
   * Reads a message that {@linkplain #deservesAnswer deserves an answer}.
   *
   * @throws MalformedQueryException for what is no single, whole, ordinary question
   */
  static Query parse(byte[] message) throws MalformedQueryException {
    if (Header.opcode(message) != 0) {
      throw new MalformedQueryException(ResponseCode.NOT_IMPLEMENTED, "not an ordinary query");
    }
    if (Header.questions(message) != 1) {
      throw malformed("not one question");
    }
    StringBuilder name = new StringBuilder();
    int at = readName(message, name);
    if (at + 4 > message.length) {
      throw malformed("the question has no end");
    }
    int end = at + 4;
    return new Query(message, name.toString(), end, readEdns(message, end));
  }

  private static MalformedQueryException malformed(String what) {
    return new MalformedQueryException(ResponseCode.FORMAT_ERROR, what);
  }

  /** Appends the name of the question, in lower case; returns where it ends. */
  private static int readName(byte[] message, StringBuilder name) throws MalformedQueryException {
    int at = Header.BYTES;
    while (true) {
      if (at >= message.length) {
        throw malformed("the name has no end");
      }
      int length = message[at++] & 0xff;
      if (length == 0) {
        return at;
      }
      // The two high bits tell of a pointer to an earlier name, and there is none before the first.
      if (length > 63 || at + length > message.length || at + length - Header.BYTES >= MAX_NAME) {
        throw malformed("a label is too long");
      }
      if (!name.isEmpty()) {
        name.append('.');
      }
      for (int end = at + length; at < end; at++) {
        appendCharacter(message[at] & 0xff, name);
      }
    }
  }

  /** As in zone files, what is no plain character is written so that it cannot look like one. */
  private static void appendCharacter(int character, StringBuilder name) {
    if (character <= ' ' || character >= 0x7f || character == '.' || character == '\\') {
      name.append('\\').append((char) ('0' + character / 100));
      name.append((char) ('0' + character / 10 % 10)).append((char) ('0' + character % 10));
    } else if (character >= 'A' && character <= 'Z') {
      name.append((char) (character + ('a' - 'A')));
    } else {
      name.append((char) character);
    }
  }

  /** Looks for the OPT pseudo-record: RFC 6891 section 6.1. */
  private static Edns readEdns(byte[] message, int from) throws MalformedQueryException {
    int records = Header.word(message, 6) + Header.word(message, 8) + Header.word(message, 10);
    int at = from;
    for (int i = 0; i < records; i++) {
      int fixed = skipName(message, at);
      if (fixed + 10 > message.length) {
        throw malformed("a record has no end");
      }
      if (Header.word(message, fixed) == RecordType.OPT) {
        return new Edns(
            OptionalInt.of(Header.word(message, fixed + 2)),
            message[fixed + 5] & 0xff,
            (message[fixed + 6] & 0x80) != 0);
      }
      at = fixed + 10 + Header.word(message, fixed + 8);
      if (at > message.length) {
        throw malformed("a record has no end");
      }
    }
    return Edns.ABSENT;
  }

  private static int skipName(byte[] message, int from) throws MalformedQueryException {
    int at = from;
    while (at < message.length) {
      int length = message[at] & 0xff;
      if (length == 0) {
        return at + 1;
      }
      if (length >= 0xc0) {
        return at + 2;
      }
      at += 1 + length;
    }
    throw malformed("the name of a record has no end");
  }

  /** The message itself, which nobody changes. */
  byte[] message() {
    return message;
  }

  /** In lower case, without the final dot; empty for the root. */
  String name() {
    return name;
  }

  int type() {
    return Header.word(message, questionEnd - 4);
  }

  boolean isOfInternet() {
    int questionClass = Header.word(message, questionEnd - 2);
    return questionClass == RecordType.INTERNET || questionClass == RecordType.ANY;
  }

  /** Where the question ends in the message, which it begins right after the header. */
  int questionEnd() {
    return questionEnd;
  }

  boolean hasEdns() {
    return ednsSize.isPresent();
  }

  int ednsVersion() {
    return ednsVersion;
  }

  /** Whether the client takes DNSSEC's records: RFC 3225. */
  boolean dnssecOk() {
    return ednsOk;
  }

  /** The most bytes of an answer that fit into one datagram for this client. */
  int datagramLimit() {
    return Math.clamp(ednsSize.orElse(PLAIN_DATAGRAM), PLAIN_DATAGRAM, MAX_DATAGRAM);
  }

  /** Whether {@code reply} asks back the question of this message, in whatever case of letters. */
  boolean isAnsweredBy(byte[] reply) {
    if (reply.length < questionEnd || Header.questions(reply) != 1) {
      return false;
    }
    for (int i = Header.BYTES; i < questionEnd; i++) {
      if (lowerCase(reply[i]) != lowerCase(message[i])) {
        return false;
      }
    }
    return true;
  }

  /** Lengths of labels, types and classes are never letters, or are the same on both sides. */
  private static int lowerCase(byte character) {
    return character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
  }
}
