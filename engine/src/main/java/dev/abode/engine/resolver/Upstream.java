package dev.abode.engine.resolver;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The world outside: asks one server after the other, the way {@code resolv.conf(5)} has it, but
 * remembers who did not answer and asks those last for a while.
 */
final class Upstream {
  private static final Logger LOGGER = LoggerFactory.getLogger(Upstream.class);

  /** Questions under way at once, each of which holds a socket. */
  private static final int MAX_QUESTIONS = 2048;

  /**
   * Clients give up after five seconds, musl's within them: with others to try, the patience with
   * each must leave time for those.
   */
  private static final Duration TIMEOUT_OF_ONE = Duration.ofSeconds(4);

  private static final Duration TIMEOUT_OF_SEVERAL = Duration.ofMillis(1500);
  private static final Duration GRUDGE = Duration.ofSeconds(30);

  private final HostResolvConf host;
  private final Set<InetAddress> ownAddresses;
  private final Semaphore questions = new Semaphore(MAX_QUESTIONS);
  private final Map<InetAddress, Long> silentSinceNanos = new ConcurrentHashMap<>();

  /**
   * @param ownAddresses where this engine itself answers in the host's network; asking there would
   *     go round in circles
   */
  Upstream(HostResolvConf host, Set<InetAddress> ownAddresses) {
    this.host = host;
    this.ownAddresses = ownAddresses;
  }

  /**
   * The answer to {@code query}, as it came.
   *
   * @param servers whom to ask; empty for the host's servers
   * @param byStream whether the client came over TCP, and so takes answers of any size
   * @return empty when nobody answered, or too many questions are under way
   */
  Optional<byte[]> ask(Query query, List<InetAddress> servers, boolean byStream) {
    if (!questions.tryAcquire()) {
      return Optional.empty();
    }
    try {
      return ask(query, plan(servers), byStream);
    } finally {
      questions.release();
    }
  }

  /** Whom to ask, in which order, how often and how patiently. */
  private record Plan(List<InetAddress> servers, int rounds, Duration timeout) {}

  private Plan plan(List<InetAddress> servers) {
    ResolvConf conf = host.now();
    List<InetAddress> willing = new ArrayList<>();
    List<InetAddress> silent = new ArrayList<>();
    for (InetAddress server : servers.isEmpty() ? conf.servers() : servers) {
      if (!ownAddresses.contains(server)) {
        (isSilent(server) ? silent : willing).add(server);
      }
    }
    willing.addAll(silent);
    return new Plan(
        willing,
        conf.attempts(),
        conf.timeout(willing.size() == 1 ? TIMEOUT_OF_ONE : TIMEOUT_OF_SEVERAL));
  }

  private boolean isSilent(InetAddress server) {
    Long since = silentSinceNanos.get(server);
    return since != null && System.nanoTime() - since < GRUDGE.toNanos();
  }

  private Optional<byte[]> ask(Query query, Plan plan, boolean byStream) {
    Optional<byte[]> refusal = Optional.empty();
    for (int round = 0; round < plan.rounds(); round++) {
      for (InetAddress server : plan.servers()) {
        try {
          byte[] answer = ask(query, new NameServer(server), plan.timeout(), byStream);
          silentSinceNanos.remove(server);
          if (!isRefusal(answer)) {
            return Optional.of(answer);
          }
          refusal = Optional.of(answer);
        } catch (IOException e) {
          LOGGER.debug("the name server {} did not answer", server, e);
          silentSinceNanos.put(server, System.nanoTime());
        }
      }
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    return Optional.empty();
  }

  private static byte[] ask(Query query, NameServer server, Duration timeout, boolean byStream)
      throws IOException {
    if (!byStream) {
      return server.askByDatagram(query, timeout);
    }
    try {
      return server.askByStream(query, timeout);
    } catch (IOException e) {
      // Some networks let only datagrams through, and most answers fit into one.
      byte[] answer = server.askByDatagram(query, timeout);
      if (Header.isTruncated(answer)) {
        throw e;
      }
      return answer;
    }
  }

  /** The server answered that it will not or cannot: another one may. */
  private static boolean isRefusal(byte[] answer) {
    int code = Header.responseCode(answer);
    return code == ResponseCode.SERVER_FAILURE.value
        || code == ResponseCode.NOT_IMPLEMENTED.value
        || code == ResponseCode.REFUSED.value;
  }
}
