package dev.abode.engine;

/** The streams of containers. */
class ContainerStreamsTest extends StreamsContract {
  @Override
  long largeLogBytes() {
    return 1L << 30;
  }
}
