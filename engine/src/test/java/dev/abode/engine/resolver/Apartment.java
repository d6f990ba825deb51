package dev.abode.engine.resolver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.NetworkNamespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A network namespace with a loopback interface and nothing else, and programs run in it. */
final class Apartment implements AutoCloseable {
  private final Process holder;

  private Apartment(Process holder) {
    this.holder = holder;
  }

  static Apartment open() throws IOException {
    Process holder =
        new ProcessBuilder("unshare", "--net", "sh", "-c", "ip link set lo up; echo up; exec cat")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(holder.inputReader().readLine()).isEqualTo("up");
    return new Apartment(holder);
  }

  NetworkNamespace namespace() throws IOException {
    return NetworkNamespace.ofProcess(Math.toIntExact(holder.pid()));
  }

  /** The inode number, by which the kernel knows the namespace. */
  String inode() throws IOException {
    return java.nio.file.Files.readSymbolicLink(
            java.nio.file.Path.of("/proc/" + holder.pid() + "/ns/net"))
        .toString();
  }

  Process start(List<String> command) throws IOException {
    List<String> inside =
        new ArrayList<>(List.of("nsenter", "--net=/proc/" + holder.pid() + "/ns/net", "--"));
    inside.addAll(command);
    return new ProcessBuilder(inside).redirectErrorStream(true).start();
  }

  /** All that the command says, whatever its exit status. */
  String run(String... command) throws IOException {
    return said(start(List.of(command)));
  }

  static String said(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), UTF_8).strip();
  }

  /** {@code dig} at the resolver's address; it tries once and waits a minute. */
  String dig(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("dig", "@127.0.0.11", "+tries=1", "+timeout=60", "+nocookie"));
    command.addAll(List.of(arguments));
    return said(start(command));
  }

  @Override
  public void close() {
    holder.destroy();
    holder.onExit().join();
  }
}
