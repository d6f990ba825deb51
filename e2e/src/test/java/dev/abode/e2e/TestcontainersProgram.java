package dev.abode.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.Socket;
import java.time.Duration;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/** What a test with Testcontainers does, as a program. */
final class TestcontainersProgram {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private TestcontainersProgram() {}

  /**
   * @param arguments the image
   */
  public static void main(String[] arguments) throws Exception {
    try (GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse(arguments[0]))
            .withCommand("sh", "-c", "echo started; sleep 1000")
            .withCopyToContainer(Transferable.of("of the test"), "/tmp/copied")
            .waitingFor(Wait.forLogMessage(".*started.*", 1).withStartupTimeout(PATIENCE))) {
      container.start();
      Container.ExecResult copied = container.execInContainer("cat", "/tmp/copied");
      System.out.println("copied: " + copied.getStdout());
      Container.ExecResult exec = container.execInContainer("echo", "from exec");
      System.out.println("exec: " + exec.getStdout());
      System.out.println("log: " + container.getLogs());
    }
    // Waits, as nobody says how, until the mapped port answers.
    try (GenericContainer<?> server =
        new GenericContainer<>(DockerImageName.parse(arguments[0]))
            .withCommand("nc", "-lk", "-p", "80", "-e", "echo", "of the server")
            .withStartupTimeout(PATIENCE)
            .withExposedPorts(80)) {
      server.start();
      try (Socket socket = new Socket(server.getHost(), server.getMappedPort(80))) {
        System.out.print("fetched: " + new String(socket.getInputStream().readAllBytes(), UTF_8));
      }
    }
  }
}
