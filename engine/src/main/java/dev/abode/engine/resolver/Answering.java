package dev.abode.engine.resolver;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Finds the answer to one message of one client: from its zone what that knows, from upstream
 * everything else.
 *
 * @param servers whom to ask upstream; empty for the host's servers
 */
record Answering(Zone zone, List<InetAddress> servers, Upstream upstream) {
  private static final int MAX_STREAM = 65_535;

  Answering {
    servers = List.copyOf(servers);
  }

  /**
   * @param message one that {@linkplain Query#deservesAnswer deserves an answer}
   * @param byStream whether it came over TCP
   */
  byte[] answer(byte[] message, boolean byStream) {
    try {
      return answer(Query.parse(message), byStream);
    } catch (MalformedQueryException e) {
      return Answer.malformed(message, e.code);
    }
  }

  private byte[] answer(Query query, boolean byStream) {
    if (query.ednsVersion() != 0) {
      return Answer.failure(query, ResponseCode.BAD_VERSION);
    }
    if (query.type() == RecordType.AXFR || query.type() == RecordType.IXFR) {
      return Answer.failure(query, ResponseCode.REFUSED);
    }
    int limit = byStream ? MAX_STREAM : query.datagramLimit();
    Optional<byte[]> own = query.isOfInternet() ? own(query, limit) : Optional.empty();
    return own.orElseGet(() -> foreign(query, limit, byStream));
  }

  private Optional<byte[]> own(Query query, int limit) {
    Optional<List<InetAddress>> addresses = zone.addresses(query.name());
    if (addresses.isPresent()) {
      // Other types of a name of ours must not be asked outside: whoever owns that name there
      // is somebody else, and clients that look for both families would get a mixture.
      return Optional.of(Answer.addresses(query, asked(query.type(), addresses.get()), limit));
    }
    Optional<InetAddress> reverse = ReverseName.parse(query.name());
    if (reverse.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> name = zone.name(reverse.get());
    if (name.isPresent()) {
      return Optional.of(
          query.type() == RecordType.PTR || query.type() == RecordType.ANY
              ? Answer.name(query, name.get(), limit)
              : Answer.nothing(query));
    }
    return zone.owns(reverse.get())
        ? Optional.of(Answer.failure(query, ResponseCode.NO_SUCH_NAME))
        : Optional.empty();
  }

  /** In another order every time, so that several instances of one name share the work. */
  private static List<InetAddress> asked(int type, List<InetAddress> addresses) {
    List<InetAddress> asked = new ArrayList<>();
    for (InetAddress address : addresses) {
      int family = address instanceof Inet4Address ? RecordType.A : RecordType.AAAA;
      if (type == family || type == RecordType.ANY) {
        asked.add(address);
      }
    }
    Collections.shuffle(asked);
    return asked;
  }

  private byte[] foreign(Query query, int limit, boolean byStream) {
    if (!zone.reachesOutside()) {
      // "No such name" is what is true in there, and ends the look-up at once.
      return Answer.failure(query, ResponseCode.NO_SUCH_NAME);
    }
    byte[] answer =
        upstream
            .ask(query, servers, byStream)
            .orElseGet(() -> Answer.failure(query, ResponseCode.SERVER_FAILURE));
    return answer.length > limit ? Answer.truncated(query) : answer;
  }
}
