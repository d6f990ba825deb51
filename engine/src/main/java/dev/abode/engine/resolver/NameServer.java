package dev.abode.engine.resolver;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;

/**
 * A server upstream, asked from the host's own network.
 *
 * <p>Each question has a socket of its own, and so a port the kernel picked at random, and an
 * identifier picked at random; the socket is connected, so the kernel lets through what comes from
 * that server alone. An answer that repeats another question or identifier is waited past: RFC
 * 5452.
 */
record NameServer(InetAddress address) {
  private static final int PORT = 53;
  private static final int MAX_MESSAGE = 65_535;
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * Asks in a datagram.
   *
   * @return the answer with the identifier of {@code query}; it may be truncated
   * @throws IOException when none came in time, or nobody listens there
   */
  byte[] askByDatagram(Query query, Duration timeout) throws IOException {
    byte[] question = withRandomId(query);
    long deadline = System.nanoTime() + timeout.toNanos();
    try (DatagramChannel channel =
        DatagramChannel.open(
            address instanceof Inet4Address
                ? StandardProtocolFamily.INET
                : StandardProtocolFamily.INET6)) {
      channel.connect(new InetSocketAddress(address, PORT));
      DatagramSocket socket = channel.socket();
      socket.send(new DatagramPacket(question, question.length));
      DatagramPacket packet = new DatagramPacket(new byte[MAX_MESSAGE], MAX_MESSAGE);
      while (true) {
        socket.setSoTimeout(millisUntil(deadline));
        packet.setLength(MAX_MESSAGE);
        socket.receive(packet);
        byte[] answer = Arrays.copyOf(packet.getData(), packet.getLength());
        if (answers(query, question, answer)) {
          return withIdOf(query, answer);
        }
      }
    }
  }

  /** Asks over TCP: RFC 7766. The answer is whole, however large. */
  byte[] askByStream(Query query, Duration timeout) throws IOException {
    byte[] question = withRandomId(query);
    long deadline = System.nanoTime() + timeout.toNanos();
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, PORT), millisUntil(deadline));
      socket.setTcpNoDelay(true);
      // Length and message in one segment: some servers do not put them together again.
      byte[] framed = new byte[2 + question.length];
      Header.word(framed, 0, question.length);
      System.arraycopy(question, 0, framed, 2, question.length);
      new DataOutputStream(socket.getOutputStream()).write(framed);
      DataInputStream input = new DataInputStream(socket.getInputStream());
      while (true) {
        socket.setSoTimeout(millisUntil(deadline));
        byte[] answer = new byte[input.readUnsignedShort()];
        input.readFully(answer);
        if (answers(query, question, answer)) {
          return withIdOf(query, answer);
        }
      }
    }
  }

  private static int millisUntil(long deadline) throws InterruptedIOException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("no answer in time");
    }
    return (int) left;
  }

  private static byte[] withRandomId(Query query) {
    byte[] question = query.message().clone();
    Header.word(question, 0, RANDOM.nextInt(1 << 16));
    return question;
  }

  private static byte[] withIdOf(Query query, byte[] answer) {
    Header.word(answer, 0, Header.id(query.message()));
    return answer;
  }

  private static boolean answers(Query query, byte[] question, byte[] answer) {
    return answer.length >= Header.BYTES
        && Header.id(answer) == Header.id(question)
        && Header.isResponse(answer)
        && Header.opcode(answer) == 0
        && (query.isAnsweredBy(answer) || complains(answer));
  }

  /** A server that could not even read the question may leave it out. */
  private static boolean complains(byte[] answer) {
    return Header.questions(answer) == 0
        && Header.responseCode(answer) != ResponseCode.NO_ERROR.value
        && Header.responseCode(answer) != ResponseCode.NO_SUCH_NAME.value;
  }
}
