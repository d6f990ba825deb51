package dev.abode.engine.instance;

import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * A piece of a log: a line with its newline, or, of a line longer than 64 KiB or from a terminal, a
 * part.
 *
 * @param stream 1 standard output, 2 standard error
 */
public record LogLine(Instant time, int stream, ByteBuffer bytes) {}
