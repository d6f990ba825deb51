package dev.abode.cli.compare;

import java.io.IOException;
import java.util.List;
import java.util.OptionalDouble;

/** No walls at all: a process on the host. */
final class Host implements Place {
  private final Probe probe;

  Host(Probe probe) {
    this.probe = probe;
  }

  @Override
  public Comparison.Column column() {
    return new Comparison.Column(Comparison.NATIVE, "no walls");
  }

  @Override
  public Cell imageDisk() {
    return new Cell.NotMeasured("a process of the host needs no image");
  }

  @Override
  public Inhabitant start() throws IOException {
    long begin = System.nanoTime();
    Process process =
        new ProcessBuilder(List.of(probe.path().toString(), "serve", Probe.PORT)).start();
    if (process.getInputStream().read() < 0) {
      process.destroyForcibly();
      throw new IOException("the probe ended instead of serving");
    }
    return new Neighbour(process, (System.nanoTime() - begin) / 1e6);
  }

  /** A process without walls. */
  private final class Neighbour implements Inhabitant {
    private final Process process;
    private final double firstByteMillis;

    Neighbour(Process process, double firstByteMillis) {
      this.process = process;
      this.firstByteMillis = firstByteMillis;
    }

    @Override
    public OptionalDouble readyMillis() {
      return OptionalDouble.empty();
    }

    @Override
    public double firstByteMillis() {
      return firstByteMillis;
    }

    @Override
    public Answers ask(String... words) throws IOException, InterruptedException {
      return probe.ask(words);
    }

    @Override
    public String workFolder() {
      return probe.workFolder().toString();
    }

    @Override
    public long pid() {
      return process.pid();
    }

    @Override
    public Reach reach() {
      return new Reach.At("127.0.0.1");
    }

    @Override
    public Cell disk() {
      return new Cell.NotMeasured("a process of the host keeps nothing of its own");
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }
}
