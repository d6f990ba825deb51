package dev.abode.docker.command;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.http.Takeover;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.docker.stream.StreamFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code POST /abode/command}: runs a command line here. The body is texts, each ended by a zero
 * byte: the client's build; those digits of {@code 012} whose streams are terminals; {@code
 * NAME=VALUE} for each variable that it passes on; an empty one; and the words. The answer is 409
 * if the client has to run the line itself; else the connection is taken over, and carries Docker's
 * frames: stream 1 and 2, and at the end one of stream 3 that holds the exit status, four bytes in
 * network order.
 *
 * <p>The client is {@code front.c} of the command.
 */
public final class CommandRoutes {
  /** More than this does not fit on a command line of Linux either (MAX_ARG_STRLEN). */
  private static final int MAX_BYTES = 128 * 1024;

  private static final int STATUS_STREAM = 3;

  private final CommandHost host;

  public CommandRoutes(CommandHost host) {
    this.host = host;
  }

  public List<Route> routes() {
    return List.of(Route.post("/abode/command", this::run));
  }

  private void run(Call call) throws IOException {
    byte[] body = call.exchange().body().readNBytes(MAX_BYTES + 1);
    if (body.length > MAX_BYTES) {
      throw new ApiException(413, "a command line of more than " + MAX_BYTES + " bytes");
    }
    CommandHost.Hosted hosted =
        host.accept(parse(body))
            .orElseThrow(
                () -> new ApiException(409, "this command line is not for the engine to run"));
    try (Takeover client = call.exchange().takeOver(StreamFormat.MULTIPLEXED.mediaType())) {
      int status = hosted.run(new Frames(client, 1), new Frames(client, 2));
      new Frames(client, STATUS_STREAM).write(ByteBuffer.allocate(4).putInt(status).array());
    }
  }

  /**
   * Reads the body of a request.
   *
   * @throws ApiException with status 400 if it has another form, or is not UTF-8
   */
  static CommandLine parse(byte[] body) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw ApiException.invalid("the command line is not UTF-8");
    }
    List<String> texts = new ArrayList<>(List.of(text.split("\0", -1)));
    if (!texts.removeLast().isEmpty()) {
      throw ApiException.invalid("the command line has no end");
    }
    int separator = texts.size() < 2 ? -1 : texts.subList(2, texts.size()).indexOf("");
    if (separator < 0) {
      throw ApiException.invalid("the command line lacks its separator");
    }
    Set<Integer> terminals = new HashSet<>();
    for (char digit : texts.get(1).toCharArray()) {
      terminals.add(Character.digit(digit, 10));
    }
    Map<String, String> environment = new HashMap<>();
    for (String variable : texts.subList(2, 2 + separator)) {
      int equals = variable.indexOf('=');
      if (equals <= 0) {
        throw ApiException.invalid("not NAME=VALUE: \"" + variable + '"');
      }
      environment.put(variable.substring(0, equals), variable.substring(equals + 1));
    }
    return new CommandLine(
        texts.getFirst(), terminals, environment, texts.subList(3 + separator, texts.size()));
  }

  /** One stream of a command that runs here; each write is a frame. */
  private static final class Frames extends OutputStream {
    private final Takeover client;
    private final int stream;

    Frames(Takeover client, int stream) {
      this.client = client;
      this.stream = stream;
    }

    @Override
    public void write(int octet) throws IOException {
      write(new byte[] {(byte) octet});
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (length > 0) {
        client.write(
            StreamFormat.MULTIPLEXED.header(stream, length),
            ByteBuffer.wrap(bytes, offset, length));
      }
    }
  }
}
