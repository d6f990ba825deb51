package dev.abode.engine.resolver;

import java.io.ByteArrayOutputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes the messages that are not passed on from upstream. */
final class Answer {
  /** A neighbour may have moved by the next question, and asking again costs nothing. */
  private static final int TTL_SECONDS = 5;

  /** Fits the smallest MTU of IPv6 with its headers: what DNS flag day 2020 agreed on. */
  private static final int OUR_DATAGRAM = 1232;

  private static final int OPT_BYTES = 11;
  private static final int POINTER_TO_QUESTION = 0xc000 | Header.BYTES;

  private final Query query;
  private final List<byte[]> records = new ArrayList<>();

  private Answer(Query query) {
    this.query = query;
  }

  /** The name exists; here are its addresses of the family that was asked for, maybe none. */
  static byte[] addresses(Query query, List<InetAddress> addresses, int limit) {
    Answer answer = new Answer(query);
    for (InetAddress address : addresses) {
      answer.add(
          address instanceof Inet4Address ? RecordType.A : RecordType.AAAA, address.getAddress());
    }
    return answer.within(limit);
  }

  /** A reverse look-up found {@code name}. */
  static byte[] name(Query query, String name, int limit) {
    Answer answer = new Answer(query);
    answer.add(RecordType.PTR, encoded(name));
    return answer.within(limit);
  }

  /** The name exists, but nothing of the type that was asked for. */
  static byte[] nothing(Query query) {
    return new Answer(query).message(ResponseCode.NO_ERROR, Header.AUTHORITATIVE);
  }

  static byte[] failure(Query query, ResponseCode code) {
    return new Answer(query).message(code, 0);
  }

  /** Does not fit: the client shall ask again over TCP. */
  static byte[] truncated(Query query) {
    return new Answer(query).message(ResponseCode.NO_ERROR, Header.TRUNCATED);
  }

  /** For a message of which nothing but the header may be understood. */
  static byte[] malformed(byte[] message, ResponseCode code) {
    byte[] answer = new byte[Header.BYTES];
    Header.word(answer, 0, Header.id(message));
    Header.word(answer, 2, Header.RESPONSE | Header.opcode(message) | code.value);
    return answer;
  }

  private void add(int type, byte[] data) {
    byte[] entry = new byte[12 + data.length];
    Header.word(entry, 0, POINTER_TO_QUESTION);
    Header.word(entry, 2, type);
    Header.word(entry, 4, RecordType.INTERNET);
    Header.word(entry, 8, TTL_SECONDS);
    Header.word(entry, 10, data.length);
    System.arraycopy(data, 0, entry, 12, data.length);
    records.add(entry);
  }

  private byte[] within(int limit) {
    byte[] message = message(ResponseCode.NO_ERROR, Header.AUTHORITATIVE);
    if (message.length <= limit) {
      return message;
    }
    // Old clients do not ask again over TCP, and are better off with some addresses than with none.
    int size = query.questionEnd() + (query.hasEdns() ? OPT_BYTES : 0);
    int kept = 0;
    while (size + records.get(kept).length <= limit) {
      size += records.get(kept++).length;
    }
    records.subList(kept, records.size()).clear();
    return message(ResponseCode.NO_ERROR, Header.AUTHORITATIVE | Header.TRUNCATED);
  }

  private byte[] message(ResponseCode code, int flags) {
    byte[] header = Arrays.copyOf(query.message(), Header.BYTES);
    int asked = Header.flags(header) & (Header.RECURSION_DESIRED | Header.CHECKING_DISABLED);
    Header.word(
        header,
        2,
        Header.RESPONSE | Header.RECURSION_AVAILABLE | asked | flags | (code.value & 0xf));
    Header.word(header, 6, records.size());
    Header.word(header, 8, 0);
    Header.word(header, 10, query.hasEdns() ? 1 : 0);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.writeBytes(header);
    message.write(query.message(), Header.BYTES, query.questionEnd() - Header.BYTES);
    records.forEach(message::writeBytes);
    if (query.hasEdns()) {
      message.writeBytes(opt(code));
    }
    return message.toByteArray();
  }

  private byte[] opt(ResponseCode code) {
    byte[] opt = new byte[OPT_BYTES];
    Header.word(opt, 1, RecordType.OPT);
    Header.word(opt, 3, OUR_DATAGRAM);
    opt[5] = (byte) (code.value >> 4);
    opt[7] = (byte) (query.dnssecOk() ? 0x80 : 0);
    return opt;
  }

  private static byte[] encoded(String name) {
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    for (String label : name.split("\\.", -1)) {
      byte[] bytes = label.getBytes(StandardCharsets.UTF_8);
      encoded.write(Math.min(bytes.length, 63));
      encoded.write(bytes, 0, Math.min(bytes.length, 63));
    }
    encoded.write(0);
    return encoded.toByteArray();
  }
}
