package dev.abode.e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A network namespace that plays another machine, connected to the host by a link of its own. It
 * goes when it is closed, or with the process that opened it.
 */
final class Elsewhere implements AutoCloseable {
  private static final String FETCH =
      "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=60).read().decode(),"
          + " end='')";

  private final Process namespace;
  private final String link;
  private final String net;

  private Elsewhere(Process namespace, String link, String net) {
    this.namespace = namespace;
    this.link = link;
    this.net = net;
  }

  static Elsewhere connect() throws IOException, InterruptedException {
    Process namespace =
        new ProcessBuilder("unshare", "--net", "sh", "-c", "echo; exec cat").start();
    int ignored = namespace.getInputStream().read();
    int number = ThreadLocalRandom.current().nextInt(1 << 16);
    String net = "10." + (100 + number % 50) + "." + (number / 50 % 250);
    Elsewhere other = new Elsewhere(namespace, "el" + number, net);
    String pid = Long.toString(namespace.pid());
    host("ip", "link", "add", other.link, "type", "veth", "peer", "name", "eth0", "netns", pid);
    host("ip", "addr", "add", other.hostAddress() + "/24", "dev", other.link);
    host("ip", "link", "set", other.link, "up");
    other.run("ip", "addr", "add", other.address() + "/24", "dev", "eth0").ok();
    other.run("ip", "link", "set", "eth0", "up").ok();
    return other;
  }

  /** The host's address on the link. */
  String hostAddress() {
    return net + ".1";
  }

  /** Its own. */
  String address() {
    return net + ".2";
  }

  private static void host(String... words) throws IOException, InterruptedException {
    Command.of(Map.of(), List.of(words)).ok();
  }

  /** Runs a command there. */
  Command.Result run(String... words) throws IOException, InterruptedException {
    return command(words).run();
  }

  /** A command that runs there. */
  Command command(String... words) {
    List<String> all =
        new ArrayList<>(List.of("nsenter", "--net=/proc/" + namespace.pid() + "/ns/net"));
    all.addAll(Arrays.asList(words));
    return Command.of(Map.of(), all);
  }

  /** A page of a web server; empty when there is none. */
  String fetch(String address, int port) throws IOException, InterruptedException {
    return run("python3", "-c", FETCH, "http://" + address + ":" + port + "/").out();
  }

  @Override
  public void close() throws IOException {
    namespace.destroyForcibly();
    try {
      Command.of(Map.of(), List.of("ip", "link", "del", link)).run();
      namespace.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
