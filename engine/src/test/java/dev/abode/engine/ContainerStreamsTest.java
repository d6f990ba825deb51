package dev.abode.engine;

/** The streams of containers. */
class ContainerStreamsTest extends StreamsContract {}
