package dev.abode.engine.resolver;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A real name server on port 53 of a loopback address of its own. */
final class Dnsmasq implements AutoCloseable {
  private final Process process;

  private Dnsmasq(Process process) {
    this.process = process;
  }

  /**
   * @param settings options of dnsmasq(8), such as {@code --address=/example/192.0.2.7}
   */
  static Dnsmasq start(String address, String... settings) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "dnsmasq",
                "--conf-file=/dev/null",
                "--keep-in-foreground",
                "--log-facility=-",
                "--pid-file=",
                "--user=root",
                "--no-resolv",
                "--no-hosts",
                "--bind-interfaces",
                "--listen-address=" + address));
    command.addAll(List.of(settings));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader log = process.inputReader();
    StringBuilder said = new StringBuilder();
    for (String line = log.readLine(); line != null; line = log.readLine()) {
      if (line.contains("started, version")) {
        return new Dnsmasq(process);
      }
      said.append(line).append('\n');
    }
    throw new IOException("dnsmasq did not start: " + said);
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
