package dev.abode.image.registry;

import dev.abode.image.BlobStore;
import dev.abode.image.Credentials;
import dev.abode.image.Descriptor;
import dev.abode.image.Digest;
import dev.abode.image.ImageException;
import dev.abode.image.Platform;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import dev.abode.image.Registries;
import dev.abode.image.RegistryOptions;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Registries over HTTP, distribution-spec v2. Blocking calls on the caller's thread and on virtual
 * threads; connections and tokens are kept between calls until {@link #close}.
 */
public final class RegistryClient implements Registries {
  /** As many as Docker; more gain nothing on one line and offend registries. */
  private static final int TRANSFERS_AT_ONCE = 3;

  private static final Duration IDLE = Duration.ofSeconds(60);

  private final Transport transport;
  private final RegistryHosts hosts;
  private final Authorizer authorizer;
  private final RetryPolicy patience;

  RegistryClient(
      RegistryOptions options, RetryPolicy patience, Duration idle, InstantSource clock) {
    Certificates certificates = new Certificates(options.certificates());
    this.transport = new Transport(certificates, options.insecure(), idle);
    this.hosts = new RegistryHosts(options, certificates, transport);
    this.authorizer = new Authorizer(transport, clock);
    this.patience = patience;
  }

  /** A client that reaches registries as {@code options} say. Opens no connection yet. */
  public static RegistryClient of(RegistryOptions options) {
    return new RegistryClient(options, RetryPolicy.DEFAULT, IDLE, InstantSource.system());
  }

  @Override
  public RemoteImage resolve(
      Reference reference, Optional<Platform> platform, Credentials credentials, BlobStore store)
      throws IOException {
    return fromAny(
        sources(reference, credentials),
        source -> new Resolution(source, reference, store, patience).resolve(platform));
  }

  @Override
  public void fetch(
      RemoteImage image,
      Credentials credentials,
      BlobStore store,
      Progress progress,
      Consumer<Descriptor> arrived)
      throws IOException {
    List<Session> sources = sources(image.reference(), credentials);
    String name = image.reference().familiar();
    String tag = image.reference().tag().orElseGet(() -> Manifests.pathOf(image.reference()));
    progress.report(tag, "Pulling from " + image.reference().repository(), 0, 0);
    try (Transfers transfers = new Transfers(TRANSFERS_AT_ONCE)) {
      Future<?> config =
          transfers.begin(
              () -> download(sources, image.config(), store, Progress.NONE, "configuration", name),
              () -> {});
      Map<Digest, Future<?>> layers = new LinkedHashMap<>();
      for (Descriptor layer : image.layers()) {
        layers.computeIfAbsent(
            layer.digest(), digest -> begin(transfers, sources, layer, store, progress, name));
      }
      Transfers.await(config);
      for (Descriptor layer : image.layers()) {
        Transfers.await(layers.getOrDefault(layer.digest(), config));
        arrived.accept(layer);
      }
    }
  }

  private Future<?> begin(
      Transfers transfers,
      List<Session> sources,
      Descriptor layer,
      BlobStore store,
      Progress progress,
      String name) {
    String id = Meter.shortId(layer.digest());
    if (store.size(layer.digest()).isPresent()) {
      progress.report(id, "Already exists", 0, 0);
      return transfers.begin(() -> Boolean.TRUE, () -> {});
    }
    progress.report(id, "Pulling fs layer", 0, 0);
    return transfers.begin(
        () -> download(sources, layer, store, progress, "layer " + id, name),
        () -> progress.report(id, "Waiting", 0, 0));
  }

  private Boolean download(
      List<Session> sources,
      Descriptor blob,
      BlobStore store,
      Progress progress,
      String part,
      String name)
      throws IOException {
    if (store.size(blob.digest()).isPresent()) {
      return false;
    }
    Meter meter = new Meter(progress, Meter.shortId(blob.digest()), blob.sizeBytes());
    new BlobDownload(sources, blob, store, patience, meter, part + " of " + name).run();
    meter.step("Download complete");
    return true;
  }

  @Override
  public void push(
      Reference reference,
      Descriptor manifest,
      BlobStore store,
      Function<Digest, List<String>> origins,
      Credentials credentials,
      Progress progress)
      throws IOException {
    Session session =
        new Session(
            hosts.itself(reference.registry()),
            reference.repository(),
            Scope.push(reference.repository()),
            credentials,
            transport,
            authorizer);
    progress.report(
        "",
        "The push refers to repository ["
            + reference.registry()
            + "/"
            + reference.repository()
            + "]",
        0,
        0);
    new Push(session, reference, store, origins, patience, progress, TRANSFERS_AT_ONCE)
        .run(manifest);
  }

  @Override
  public Login login(String registry, Credentials credentials) {
    String host = hostOf(registry);
    Session session =
        new Session(hosts.itself(host), "", Scope.NONE, credentials, transport, authorizer);
    try {
      return patience.runIfReachable(
          () -> new LoginCheck(session, authorizer).check(credentials),
          failure ->
              new ImageException(
                  ImageException.Kind.UNAVAILABLE,
                  "logging in to " + host + " failed: " + Reply.words(failure),
                  failure));
    } catch (IOException e) {
      throw new ImageException(
          ImageException.Kind.INTERNAL, "logging in to " + host + " failed: " + e.getMessage(), e);
    }
  }

  /**
   * The registry of what {@code docker login} names it: a host, a URL, or Docker Hub's old name.
   */
  static String hostOf(String registry) {
    String host = registry.strip().replaceFirst("^https?://", "").replaceFirst("/.*$", "");
    boolean hub =
        host.isEmpty()
            || host.equals("index.docker.io")
            || host.equals("registry-1.docker.io")
            || host.equals("docker.io");
    // A reference's constructor judges hosts; nothing else of it is wanted.
    return hub
        ? Reference.DOCKER_HUB
        : new Reference(host, "x", Optional.empty(), Optional.empty()).registry();
  }

  /** Whether the key of a login is about a registry. */
  static boolean sameRegistry(String key, String registry) {
    try {
      return hostOf(key).equals(registry);
    } catch (ImageException e) {
      // Other programs keep other things in that file.
      return false;
    }
  }

  @Override
  public Distribution inspect(Reference reference, Credentials credentials) {
    try {
      return fromAny(
          sources(reference, credentials),
          source -> new Inspection(source, reference, patience).inspect());
    } catch (IOException e) {
      throw new ImageException(
          ImageException.Kind.INTERNAL,
          "inspecting " + reference.familiar() + " failed: " + e.getMessage(),
          e);
    }
  }

  @Override
  public void close() {
    transport.close();
  }

  /** Where to read a reference from, in order. A mirror is not told the registry's secrets. */
  private List<Session> sources(Reference reference, Credentials credentials) {
    return hosts.readable(reference.registry()).stream()
        .map(
            endpoint ->
                new Session(
                    endpoint,
                    reference.repository(),
                    Scope.pull(reference.repository()),
                    endpoint.mirror() ? Credentials.ANONYMOUS : credentials,
                    transport,
                    authorizer))
        .toList();
  }

  @FunctionalInterface
  private interface Question<T> {
    T ask(Session source) throws IOException;
  }

  /** Asks each source until one answers; the last one's failure, the registry's own, counts. */
  private static <T> T fromAny(List<Session> sources, Question<T> question) throws IOException {
    List<ImageException> failures = new ArrayList<>();
    for (Session source : sources) {
      try {
        return question.ask(source);
      } catch (ImageException e) {
        failures.add(e);
        if (Thread.currentThread().isInterrupted()) {
          break;
        }
      }
    }
    ImageException last = failures.removeLast();
    failures.forEach(last::addSuppressed);
    throw last;
  }
}
