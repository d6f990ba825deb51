package dev.abode.cli.compare;

import java.io.IOException;
import java.util.OptionalDouble;

/**
 * Where the probe is run: straight on the host, or in an instance of some engine with some walls.
 */
interface Place {
  Comparison.Column column();

  /**
   * Starts one instance whose program says "ready" and then serves.
   *
   * @throws IOException if the engine refuses, or the program says something else
   */
  Inhabitant start() throws IOException, InterruptedException;

  /** What is kept on disk of the image for this place. */
  Cell imageDisk() throws IOException, InterruptedException;

  /**
   * Where the probe is running.
   *
   * <p>Closing ends and removes it.
   */
  interface Inhabitant extends AutoCloseable {
    /** From the request until the engine said that it runs; empty where nobody says so. */
    OptionalDouble readyMillis();

    /** From the request until the program's first byte, in milliseconds. */
    double firstByteMillis();

    /** Runs the probe once more in there, and returns what it prints. */
    Answers ask(String... words) throws IOException, InterruptedException;

    /** A folder that does not exist, for files to be made in. */
    String workFolder();

    /** The host's number of its first process, or of its hypervisor. */
    long pid() throws IOException;

    /** Where it can be reached from the host, or why not. */
    Reach reach() throws IOException;

    Cell disk() throws IOException, InterruptedException;

    @Override
    void close() throws IOException;
  }

  /** Whether the host reaches an instance over the network. */
  sealed interface Reach {
    /** An IPv4 address. */
    record At(String address) implements Reach {}

    /** There is no way, for this reason. */
    record NoWay(String reason) implements Reach {}
  }
}
