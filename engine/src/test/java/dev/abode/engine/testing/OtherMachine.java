package dev.abode.engine.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A network namespace that plays another machine, connected to the host by a link of its own. It
 * goes when it is closed, or with the process that opened it.
 */
public final class OtherMachine implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;

  private final Process namespace;
  private final String link;
  private final String net;
  private final String net6;

  private OtherMachine(Process namespace, String link, String net, String net6) {
    this.net6 = net6;
    this.namespace = namespace;
    this.link = link;
    this.net = net;
  }

  /** Connects one, with addresses that nothing else on the host has. */
  public static OtherMachine connect() throws IOException, InterruptedException {
    Process namespace =
        new ProcessBuilder("unshare", "--net", "sh", "-c", "echo; exec cat").start();
    int ignored = namespace.getInputStream().read();
    int number = ThreadLocalRandom.current().nextInt(1 << 16);
    String net = "10." + (200 + number % 50) + "." + (number / 50 % 250);
    String v6 = "fd0e:" + Integer.toHexString(number) + ":";
    String link = "om" + number;
    OtherMachine machine = new OtherMachine(namespace, link, net, v6);
    String pid = Long.toString(namespace.pid());
    host("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", pid);
    host("ip", "addr", "add", net + ".1/24", "dev", link);
    host("ip", "addr", "add", v6 + ":1/64", "dev", link, "nodad");
    host("ip", "link", "set", link, "up");
    machine.run("ip", "addr", "add", net + ".2/24", "dev", "eth0");
    machine.run("ip", "addr", "add", v6 + ":2/64", "dev", "eth0", "nodad");
    machine.run("ip", "link", "set", "eth0", "up");
    machine.run("ip", "route", "add", "default", "via", net + ".1");
    machine.run("ip", "route", "add", "default", "via", v6 + ":1");
    return machine;
  }

  /** The host's address on the link. */
  public String hostAddress() {
    return net + ".1";
  }

  /** Its own address. */
  public String address() {
    return net + ".2";
  }

  /** The host's IPv6 address on the link. */
  public String hostAddress6() {
    return net6 + ":1";
  }

  /** Its own IPv6 address. */
  public String address6() {
    return net6 + ":2";
  }

  /** The host's interface. */
  public String link() {
    return link;
  }

  /** A process that is in there. */
  public long pid() {
    return namespace.pid();
  }

  /** Runs a command there; returns what it prints. */
  public String run(String... command) throws IOException, InterruptedException {
    List<String> entered = new ArrayList<>();
    entered.add("nsenter");
    entered.add("--net=/proc/" + namespace.pid() + "/ns/net");
    entered.addAll(List.of(command));
    return host(entered.toArray(String[]::new));
  }

  /** What a server says, at once, to whoever connects; empty when it refuses. */
  public String fetch(String address, int port) throws IOException, InterruptedException {
    return run(fetching(address, port, PATIENCE_SECONDS));
  }

  /** The same of a server that should not be reached: what drops packets is not waited for. */
  public String fetchInVain(String address, int port) throws IOException, InterruptedException {
    return run(fetching(address, port, 2));
  }

  /** What the host hears of a server; empty when it refuses. */
  public static String fetchHere(String address, int port)
      throws IOException, InterruptedException {
    return host(fetching(address, port, PATIENCE_SECONDS));
  }

  private static String[] fetching(String address, int port, int seconds) {
    String line = "busybox nc -w " + seconds + " " + address + " " + port + " 2>/dev/null";
    return new String[] {"sh", "-c", line};
  }

  /** Runs a command on the host; returns what it prints. */
  public static String host(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();
    return output;
  }

  @Override
  public void close() throws IOException {
    namespace.destroyForcibly();
    try {
      host("ip", "link", "del", link);
      namespace.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
