package dev.abode.cli.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.SocketChannel;

/**
 * A connection that speaks no HTTP any more: the workload's output comes in, its input goes out.
 * Reading and writing are independent; a thread each is fine.
 */
public final class TakenOver implements AutoCloseable {
  private final SocketChannel channel;
  private final InputStream in;
  private final OutputStream out;
  private final String contentType;

  TakenOver(SocketChannel channel, InputStream in, OutputStream out, String contentType) {
    this.channel = channel;
    this.in = in;
    this.out = out;
    this.contentType = contentType;
  }

  public InputStream in() {
    return in;
  }

  public OutputStream out() {
    return out;
  }

  /** Whether the engine said that output comes in frames; it may say nothing. */
  public boolean saysFramed() {
    return contentType.equals("application/vnd.docker.multiplexed-stream");
  }

  /** Tells the workload that its input has ended, while its output goes on. */
  public void endInput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
