package dev.abode.cli.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** One connection: writes a request, reads an answer, in turns (RFC 9112). */
final class Connection {
  /** A head longer than this is no answer of an engine. */
  private static final int MAX_LINE_BYTES = 64 * 1024;

  private final SocketChannel channel;
  private final InputStream in;
  private final OutputStream out;

  Connection(SocketChannel channel) {
    this.channel = channel;
    this.in = new BufferedInputStream(Channels.newInputStream(channel), 16 * 1024);
    this.out = Channels.newOutputStream(channel);
  }

  void writeRequest(String method, String path, Map<String, String> headers, ApiClient.Body body)
      throws IOException {
    StringBuilder head = new StringBuilder(256);
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: abode\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    switch (body) {
      case ApiClient.Body.Bytes bytes -> {
        if (!bytes.type().isEmpty()) {
          head.append("Content-Type: ").append(bytes.type()).append("\r\n");
        }
        if (!method.equals("GET")) {
          head.append("Content-Length: ").append(bytes.bytes().length).append("\r\n");
        }
        // One write for head and body: the engine wakes up once.
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
        whole.writeBytes(bytes.bytes());
        out.write(whole.toByteArray());
      }
      case ApiClient.Body.Stream stream -> {
        head.append("Content-Type: ").append(stream.type());
        head.append("\r\nTransfer-Encoding: chunked\r\n\r\n");
        out.write(head.toString().getBytes(StandardCharsets.UTF_8));
        writeChunks(stream.bytes());
      }
    }
  }

  private void writeChunks(InputStream bytes) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    for (int count = bytes.read(buffer); count >= 0; count = bytes.read(buffer)) {
      try {
        if (count > 0) {
          out.write((Integer.toHexString(count) + "\r\n").getBytes(StandardCharsets.US_ASCII));
          out.write(buffer, 0, count);
          out.write(new byte[] {'\r', '\n'});
        }
      } catch (IOException broken) {
        // An engine that refuses early answers and closes while we still send: its answer, which
        // is read next, says why; if there is none, reading fails as well.
        return;
      }
    }
    out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  Reply readReply(ApiClient client, boolean bodyFollows) throws IOException {
    Head head = readHead();
    while (head.status() == 100) {
      head = readHead();
    }
    InputStream body = bodyFollows ? body(head) : new FixedInput(in, 0);
    if (head.status() >= 400) {
      throw refusal(head.status(), body);
    }
    return new Reply(head.status(), head.headers(), body, this, client, mayBeKept(head));
  }

  TakenOver readTakenOver() throws IOException {
    Head head = readHead();
    // Docker's engines answer 101 to a client that asked to upgrade and 200 to one that did not;
    // older ones always 200.
    if (head.status() != 101 && head.status() != 200) {
      throw refusal(head.status(), body(head));
    }
    return new TakenOver(channel, in, out, head.header("content-type"));
  }

  private static ApiException refusal(int status, InputStream body) throws IOException {
    String text = new String(body.readAllBytes(), StandardCharsets.UTF_8).strip();
    String message = ApiClient.message(text).orElse(text);
    return new ApiException(
        status, message.isEmpty() ? "the engine answered with HTTP status " + status : message);
  }

  private InputStream body(Head head) {
    if (head.status() == 204 || head.status() == 304 || head.status() < 200) {
      return new FixedInput(in, 0);
    }
    if (head.header("transfer-encoding").toLowerCase(Locale.ROOT).contains("chunked")) {
      return new ChunkedInput(this);
    }
    String length = head.header("content-length");
    return length.isEmpty() ? in : new FixedInput(in, Long.parseLong(length));
  }

  private static boolean mayBeKept(Head head) {
    return !head.header("connection").equalsIgnoreCase("close")
        && (head.status() == 204
            || head.status() == 304
            || !head.header("transfer-encoding").isEmpty()
            || !head.header("content-length").isEmpty());
  }

  private Head readHead() throws IOException {
    String statusLine = readLine();
    String[] words = statusLine.split(" ", 3);
    if (words.length < 2 || !words[0].startsWith("HTTP/1.") || words[1].length() != 3) {
      throw new IOException(
          "what listens there does not speak HTTP: it said \"" + statusLine + '"');
    }
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    return new Head(Integer.parseInt(words[1]), headers);
  }

  String readLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int octet = in.read(); octet != '\n'; octet = in.read()) {
      if (octet < 0) {
        throw new EOFException("the engine closed the connection without an answer");
      }
      if (line.length() > MAX_LINE_BYTES) {
        throw new IOException("the engine's answer has a line of more than 64 KiB");
      }
      line.append((char) octet);
    }
    if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
      line.setLength(line.length() - 1);
    }
    return line.toString();
  }

  InputStream in() {
    return in;
  }

  void close() {
    try {
      channel.close();
    } catch (IOException ignored) {
      // Nothing is lost: the kernel has taken all we wrote, and nothing will be read.
    }
  }

  private record Head(int status, Map<String, String> headers) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }
}
