package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.IpAddress.Family;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.NetworkOption;
import dev.abode.engine.network.SubnetSpec;
import dev.abode.engine.record.AtomicFile;
import dev.abode.engine.record.RecordJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network as it is kept on disk.
 *
 * @param format of this document, {@value #FORMAT} today
 * @param subnets at most one a family, gateways chosen
 * @param chosen whether the subnets are the engine's own choice, which it may change while nobody
 *     uses the network
 */
record NetworkRecord(
    int format,
    String id,
    String name,
    Instant created,
    List<SubnetSpec> subnets,
    boolean chosen,
    boolean ipv4,
    boolean ipv6,
    boolean internal,
    boolean attachable,
    Map<String, String> addressOptions,
    Map<String, String> options,
    Map<String, String> labels) {
  static final int FORMAT = 1;

  private static final NetworkRecord TEMPLATE =
      new NetworkRecord(
          FORMAT,
          "",
          "",
          Instant.EPOCH,
          List.of(),
          false,
          true,
          false,
          false,
          false,
          Map.of(),
          Map.of(),
          Map.of());

  NetworkRecord {
    subnets = List.copyOf(subnets);
    addressOptions = Map.copyOf(addressOptions);
    options = Map.copyOf(options);
    labels = Map.copyOf(labels);
  }

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException when the document is damaged, or of a newer engine
   */
  static NetworkRecord read(Path file) throws IOException {
    NetworkRecord read = RecordJson.read(Files.readAllBytes(file), TEMPLATE);
    if (read.format > FORMAT) {
      throw new IllegalArgumentException(
          "it has format "
              + read.format
              + ", and this engine knows formats up to "
              + FORMAT
              + "; use the newer engine that wrote it");
    }
    return read;
  }

  /** Writes it so that it survives a loss of power. */
  void write(Path folder) throws IOException {
    AtomicFile.replaceDurably(file(folder, id), RecordJson.write(this));
  }

  static Path file(Path folder, String id) {
    return folder.resolve(id + ".json");
  }

  /** The name of its interface on the host. */
  String bridge() {
    return NetworkOption.BRIDGE_NAME.in(options).orElseGet(() -> "br-" + id.substring(0, 12));
  }

  boolean isDefault() {
    return NetworkOption.DEFAULT_BRIDGE.in(options).filter("true"::equals).isPresent();
  }

  /** The same network elsewhere. */
  NetworkRecord at(List<SubnetSpec> others) {
    return new NetworkRecord(
        format,
        id,
        name,
        created,
        others,
        chosen,
        ipv4,
        ipv6,
        internal,
        attachable,
        addressOptions,
        options,
        labels);
  }

  /** Its addresses of that family. */
  Optional<SubnetSpec> subnet(Family family) {
    return subnets.stream().filter(subnet -> subnet.subnet().family() == family).findFirst();
  }

  NetworkInfo info(List<Endpoint> endpoints) {
    return new NetworkInfo(
        id,
        name,
        created,
        NetworkInfo.Kind.BRIDGE,
        subnets,
        ipv4,
        ipv6,
        internal,
        attachable,
        addressOptions,
        options,
        labels,
        bridge(),
        endpoints);
  }
}
