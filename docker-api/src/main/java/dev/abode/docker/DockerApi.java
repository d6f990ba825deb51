package dev.abode.docker;

import dev.abode.docker.command.CommandHost;
import dev.abode.docker.command.CommandRoutes;
import dev.abode.docker.container.ContainerDocuments;
import dev.abode.docker.container.ContainerRoutes;
import dev.abode.docker.container.ExecRoutes;
import dev.abode.docker.container.ExplanationRoutes;
import dev.abode.docker.container.MachineRoutes;
import dev.abode.docker.container.SnapshotRoutes;
import dev.abode.docker.http.HttpServer;
import dev.abode.docker.image.ImageDocuments;
import dev.abode.docker.image.ImageRoutes;
import dev.abode.docker.network.NetworkRoutes;
import dev.abode.docker.route.Route;
import dev.abode.docker.route.Router;
import dev.abode.docker.system.SystemRoutes;
import dev.abode.docker.volume.VolumeDocuments;
import dev.abode.docker.volume.VolumeRoutes;
import dev.abode.engine.Engine;
import dev.abode.image.Registries;
import dev.abode.image.registry.RegistryClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Serves the Docker Engine API on a unix socket. Closing ends all connections and removes the
 * socket; the engine and its workloads go on.
 */
public final class DockerApi implements AutoCloseable {
  private final ApiSocket socket;
  private final HttpServer server;
  private final SharedRegistries registries;

  private DockerApi(ApiSocket socket, HttpServer server, SharedRegistries registries) {
    this.socket = socket;
    this.server = server;
    this.registries = registries;
  }

  /**
   * Serves {@code engine} on {@code socket}, which only root and the group {@code docker}, if there
   * is one, may use: whoever can use it is as good as root. Requests are answered when this
   * returns.
   *
   * @param socket at most 107 bytes long; its folder is made if missing. A socket that nobody
   *     listens on any more is replaced
   * @throws dev.abode.engine.failure.EngineException CONFLICT if somebody listens there,
   *     INVALID_ARGUMENT if there is something else than a socket
   */
  public static DockerApi serve(Engine engine, Path socket) throws IOException {
    return serve(engine, socket, CommandHost.NONE);
  }

  /**
   * As {@link #serve(Engine, Path)}.
   *
   * @param commands runs command lines for clients that ask for it
   */
  public static DockerApi serve(Engine engine, Path socket, CommandHost commands)
      throws IOException {
    ApiSocket listening = ApiSocket.listen(socket);
    SharedRegistries registries = new SharedRegistries(engine);
    HttpServer server =
        HttpServer.start(
            listening.channel(),
            router(engine, registries, commands),
            socket.getFileName().toString());
    return new DockerApi(listening, server, registries);
  }

  static Router router(Engine engine, SharedRegistries registries, CommandHost commands) {
    ContainerDocuments containers = new ContainerDocuments(engine);
    ImageDocuments images = new ImageDocuments(engine);
    List<Route> routes = new ArrayList<>();
    routes.addAll(
        new SystemRoutes(engine, registries::get, containers, images, new VolumeDocuments(engine))
            .routes());
    routes.addAll(new ContainerRoutes(engine, containers).routes());
    routes.addAll(new ExecRoutes(engine).routes());
    routes.addAll(new ImageRoutes(engine, images).routes());
    routes.addAll(new NetworkRoutes(engine).routes());
    routes.addAll(new VolumeRoutes(engine).routes());
    routes.addAll(new ExplanationRoutes(engine).routes());
    routes.addAll(new MachineRoutes(engine).routes());
    routes.addAll(new SnapshotRoutes(engine).routes());
    routes.addAll(new CommandRoutes(commands).routes());
    return new Router(routes, SystemRoutes.commonFields());
  }

  @Override
  public void close() throws IOException {
    server.close();
    socket.close();
    registries.close();
  }

  /** The way to registries that does not go through the image store; made at first need. */
  static final class SharedRegistries implements AutoCloseable {
    private final Engine engine;
    private final ReentrantLock lock = new ReentrantLock();
    private Optional<Registries> made = Optional.empty();

    SharedRegistries(Engine engine) {
      this.engine = engine;
    }

    Registries get() {
      lock.lock();
      try {
        Registries present = made.orElseGet(() -> RegistryClient.of(engine.options().registries()));
        made = Optional.of(present);
        return present;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      made.ifPresent(Registries::close);
    }
  }
}
