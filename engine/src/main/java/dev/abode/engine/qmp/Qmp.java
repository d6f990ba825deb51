package dev.abode.engine.qmp;

import dev.abode.engine.patience.Watchdog;
import io.avaje.json.JsonException;
import io.avaje.jsonb.JsonType;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Predicate;

/**
 * A conversation with a running QEMU. One command at a time; what happens meanwhile is kept as
 * {@linkplain #event events}.
 *
 * <pre>{@code
 * try (Qmp qmp = Qmp.connect(socket, Duration.ofSeconds(5))) {
 *   qmp.execute("stop", Map.of());
 * }
 * }</pre>
 *
 * <p>A hypervisor may have been taken over by its guest, so nothing it says is trusted: a message
 * has at most {@value #MAX_MESSAGE_BYTES} bytes, at most {@value #MAX_EVENTS} events are kept, and
 * one that does not answer in time, whatever else it says, loses the connection. Used by one
 * thread.
 *
 * @see <a href="https://www.qemu.org/docs/master/interop/qmp-spec.html">QMP specification</a>
 */
public final class Qmp implements AutoCloseable {
  private static final int MAX_MESSAGE_BYTES = 1 << 20;
  private static final int MAX_EVENTS = 256;
  private static final JsonType<Object> JSON = Jsonb.builder().build().type(Object.class);

  private final SocketChannel channel;
  private final Duration patience;
  private final Queue<Event> events = new ArrayDeque<>();
  private ByteBuffer received = ByteBuffer.allocate(8192).flip();

  /** Something that happened. */
  public record Event(String name, Map<String, Object> data) {
    public Event {
      data = Map.copyOf(data);
    }
  }

  private Qmp(SocketChannel channel, Duration patience) {
    this.channel = channel;
    this.patience = patience;
  }

  /**
   * Begins a conversation.
   *
   * @param patience how long each answer, and each event that is waited for, may take
   * @throws QmpException when what listens there is no QEMU, or does not answer
   */
  public static Qmp connect(Path socket, Duration patience) throws IOException {
    SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    Qmp qmp = new Qmp(channel, patience);
    try {
      // Nothing is said to what does not greet first: the socket's path leads through a jail.
      try (Watchdog _ = qmp.watchdog()) {
        if (!qmp.receive("greet").containsKey("QMP")) {
          throw new QmpException("what listens at " + socket + " does not greet as QEMU does");
        }
      }
      qmp.execute("qmp_capabilities", Map.of());
      return qmp;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Over one question or one wait, so that not even one who keeps talking has more time. */
  private Watchdog watchdog() {
    return Watchdog.over("qmp-watchdog", patience, channel::close);
  }

  /**
   * Gives a command and waits for the answer.
   *
   * @return what it returns; a map of nothing when that is no object
   * @throws QmpException when it is refused, saying why
   */
  public Map<String, Object> execute(String command, Map<String, Object> arguments)
      throws IOException {
    return object(ask(command, arguments));
  }

  /**
   * Asks a question that is answered by a list.
   *
   * @return the objects in it
   * @throws QmpException when it is refused, saying why
   */
  public List<Map<String, Object>> list(String command, Map<String, Object> arguments)
      throws IOException {
    return objects(ask(command, arguments));
  }

  /** The objects of a list that QEMU has sent; none when it is no list. */
  public static List<Map<String, Object>> objects(Object value) {
    return value instanceof List<?> list ? list.stream().map(Qmp::object).toList() : List.of();
  }

  /** As {@link #execute}, for a command that returns a word; empty when it returns none. */
  public String word(String command, Map<String, Object> arguments) throws IOException {
    return ask(command, arguments) instanceof String word ? word : "";
  }

  private Object ask(String command, Map<String, Object> arguments) throws IOException {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("execute", command);
    message.put("arguments", arguments);
    ByteBuffer line =
        ByteBuffer.wrap((JSON.toJson(message) + "\n").getBytes(StandardCharsets.UTF_8));
    try (Watchdog _ = watchdog()) {
      while (line.hasRemaining()) {
        channel.write(line);
      }
      while (true) {
        Map<String, Object> answer = receive(command);
        if (answer.containsKey("return")) {
          return answer.getOrDefault("return", "");
        }
        if (answer.containsKey("error")) {
          throw new QmpException(
              "QEMU refuses "
                  + command
                  + ": "
                  + object(answer.getOrDefault("error", "")).get("desc"));
        }
        note(answer);
      }
    }
  }

  /** Waits for an event called {@code name}; those before it are forgotten. */
  public Event event(String name) throws IOException {
    return event(name, event -> true);
  }

  /** Waits for an event called {@code name} that is {@code wanted}. */
  public Event event(String name, Predicate<Event> wanted) throws IOException {
    try (Watchdog _ = watchdog()) {
      while (true) {
        Event next = events.poll();
        if (next == null) {
          note(receive(name));
        } else if (next.name().equals(name) && wanted.test(next)) {
          return next;
        }
      }
    }
  }

  private void note(Map<String, Object> message) throws QmpException {
    if (!(message.get("event") instanceof String name)) {
      throw new QmpException("QEMU sends what is neither an answer nor an event");
    }
    if (events.size() == MAX_EVENTS) {
      events.remove();
    }
    events.add(new Event(name, object(message.getOrDefault("data", ""))));
  }

  private Map<String, Object> receive(String purpose) throws IOException {
    try {
      String line = line(purpose);
      Object message = JSON.fromJson(line);
      if (!(message instanceof Map<?, ?>)) {
        throw new QmpException("QEMU sends no object: " + line);
      }
      return object(message);
    } catch (JsonException | IllegalStateException e) {
      throw new QmpException("QEMU sends what is no JSON: " + e.getMessage(), e);
    }
  }

  private String line(String purpose) throws IOException {
    int looked = received.position();
    while (true) {
      for (; looked < received.limit(); looked++) {
        if (received.get(looked) == '\n') {
          byte[] bytes = new byte[looked - received.position()];
          received.get(bytes).get();
          return new String(bytes, StandardCharsets.UTF_8);
        }
      }
      looked = received.remaining();
      makeRoom();
      if (!fill()) {
        throw new QmpException(
            "QEMU did not answer to "
                + purpose
                + " within "
                + patience.toMillis()
                + " ms, or ended");
      }
    }
  }

  /** Moves what is left to the front, into a larger buffer if it fills the present one. */
  private void makeRoom() throws QmpException {
    if (received.remaining() < received.capacity()) {
      received.compact().flip();
      return;
    }
    if (received.capacity() >= MAX_MESSAGE_BYTES) {
      throw new QmpException("QEMU sends a message of more than " + MAX_MESSAGE_BYTES + " bytes");
    }
    received = ByteBuffer.allocate(2 * received.capacity()).put(received).flip();
  }

  private boolean fill() {
    int held = received.limit();
    received.limit(received.capacity()).position(held);
    try {
      return channel.read(received) >= 0;
    } catch (IOException e) {
      return false; // closed by the watchdog, or reset by a QEMU that ended
    } finally {
      received.flip();
    }
  }

  /** An object that QEMU has sent, without what is null in it; an empty one when it is none. */
  public static Map<String, Object> object(Object value) {
    Map<String, Object> object = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> map) {
      map.forEach(
          (key, member) ->
              Optional.ofNullable(member).ifPresent(v -> object.put(String.valueOf(key), v)));
    }
    return object;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
