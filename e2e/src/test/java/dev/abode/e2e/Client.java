package dev.abode.e2e;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The docker-java library, connected to an engine. */
final class Client {
  // It reports each repeated request, of which a killed engine causes tens of thousands.
  private static final Logger LIBRARY = Logger.getLogger("com.github.dockerjava");

  static {
    LIBRARY.setLevel(Level.WARNING);
  }

  private Client() {}

  static DockerClient of(EngineProcess engine) {
    DockerClientConfig config =
        DefaultDockerClientConfig.createDefaultConfigBuilder()
            .withDockerHost(engine.dockerHost())
            .withDockerTlsVerify(false)
            .build();
    return DockerClientImpl.getInstance(
        config,
        new ZerodepDockerHttpClient.Builder()
            .dockerHost(config.getDockerHost())
            .maxConnections(100)
            .connectionTimeout(Duration.ofMinutes(1))
            .responseTimeout(Duration.ofMinutes(5))
            .build());
  }
}
