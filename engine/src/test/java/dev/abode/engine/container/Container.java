package dev.abode.engine.container;

import dev.abode.engine.cgroup.Cgroup;
import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.image.ImageConfig;
import dev.abode.image.Platform;
import dev.abode.init.ExitRecord;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Namespace;
import dev.abode.init.Shim;
import dev.abode.init.ShimBinary;
import dev.abode.init.ShimEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** One container made from a plan by hand, without the engine's book-keeping. */
final class Container implements AutoCloseable {
  static final long FIRST_ID = 700_000;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path folder;
  private final InstanceSpec spec;
  private final ImageConfig image;
  private final Cgroup cgroup;
  private final ContainerGround ground;
  private final ShimBinary binary;
  private Optional<Shim> shim = Optional.empty();
  private Optional<Shim> output = Optional.empty();
  private ShimEvent.Started started = new ShimEvent.Started(0, 0);
  private int execs = 0;

  private Container(
      Path folder,
      InstanceSpec spec,
      ImageConfig image,
      Cgroup cgroup,
      ContainerGround ground,
      ShimBinary binary) {
    this.folder = folder;
    this.spec = spec;
    this.image = image;
    this.cgroup = cgroup;
    this.ground = ground;
    this.binary = binary;
  }

  static Container create(
      Path parent, Cgroups cgroups, ShimBinary binary, Path layer, InstanceSpec spec)
      throws IOException {
    return create(parent, cgroups, binary, List.of(layer), spec, config(""));
  }

  static Container create(
      Path parent,
      Cgroups cgroups,
      ShimBinary binary,
      List<Path> layers,
      InstanceSpec spec,
      ImageConfig image)
      throws IOException {
    return create(parent, cgroups, binary, layers, spec, image, Map.of());
  }

  static Container create(
      Path parent,
      Cgroups cgroups,
      ShimBinary binary,
      List<Path> layers,
      InstanceSpec spec,
      ImageConfig image,
      Map<Namespace, SharedNamespace> joined)
      throws IOException {
    byte[] random = new byte[32];
    RANDOM.nextBytes(random);
    String id = HexFormat.of().formatHex(random);
    Path folder = Files.createDirectories(parent.resolve(id.substring(0, 8)));
    Files.createDirectories(folder.resolve("upper"));
    Files.createDirectories(folder.resolve("work"));
    Path etc = Files.createDirectories(folder.resolve(EtcFiles.FOLDER));
    String hostname = ContainerPlan.hostname(spec, id);
    Files.writeString(
        etc.resolve("hosts"), EtcFiles.hosts(hostname, "", List.of(), List.of(), Optional.empty()));
    Files.writeString(etc.resolve("hostname"), EtcFiles.hostname(hostname));
    Files.writeString(etc.resolve("resolv.conf"), "");
    HostFacts host = HostFacts.read();
    List<DeviceNode> devices = HostDevices.of(spec.security());
    List<BindMount> binds = new ArrayList<>();
    for (MountSpec mount : spec.mounts()) {
      if (mount instanceof MountSpec.Bind bind) {
        binds.add(BindSources.resolve(bind, host));
      }
    }
    Cgroup cgroup = cgroups.create(id, spec.limits(), HostDevices.access(spec.security(), devices));
    UserDatabase users = new UserDatabase(bytes(layers, "etc/passwd"), bytes(layers, "etc/group"));
    ContainerGround ground =
        new ContainerGround(
            id,
            folder,
            layers,
            users.resolve(spec.user().orElse(image.user()), spec.groupsAdded()),
            ContainerPlan.ownsUsers(spec) ? OptionalLong.of(FIRST_ID) : OptionalLong.empty(),
            cgroup.placement(),
            binds,
            devices,
            joined,
            false,
            Optional.empty(),
            Optional.of(folder.resolve("exit")),
            host);
    return new Container(folder, spec, image, cgroup, ground, binary);
  }

  private static byte[] bytes(List<Path> layers, String file) throws IOException {
    for (Path layer : layers) {
      if (Files.isRegularFile(layer.resolve(file))) {
        return Files.readAllBytes(layer.resolve(file));
      }
    }
    return new byte[0];
  }

  static ImageConfig config(String workingDirectory) {
    return new ImageConfig(
        Platform.host(),
        Optional.empty(),
        "",
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Map.of(),
        workingDirectory,
        "",
        Optional.empty(),
        List.of(),
        Optional.empty(),
        List.of(),
        List.of());
  }

  LaunchPlan plan() {
    return ContainerPlan.of(spec, image, ground);
  }

  Cgroup cgroup() {
    return cgroup;
  }

  Path upper() {
    return folder.resolve("upper");
  }

  SharedNamespace shared() {
    return new SharedNamespace(started.pid(), started.startTicks());
  }

  int pid() {
    return started.pid();
  }

  /** Starts it and waits until its program runs. */
  Container start() throws IOException {
    LaunchPlan plan = plan();
    Shim watching = binary.spawn(plan, folder.resolve("s"));
    shim = Optional.of(watching);
    output =
        Optional.of(
            Shim.attach(folder.resolve("s"), EnumSet.of(Shim.Stream.STDOUT, Shim.Stream.STDERR)));
    watching.start();
    while (true) {
      switch (watching.next()) {
        case ShimEvent.Started now -> {
          started = now;
          return this;
        }
        case ShimEvent.Failed failed -> throw LaunchFailure.of(failed, plan);
        case ShimEvent.Gone gone -> throw new IOException("the shim left without a word");
        case ShimEvent.Exited exited -> throw new IOException("exited before it started");
        case ShimEvent.Waiting waiting -> {}
        case ShimEvent.Booting booting -> {}
        case ShimEvent.Ready ready -> {}
        case ShimEvent.Answer answer -> {}
        case ShimEvent.Created created -> {}
        case ShimEvent.Output text -> {}
      }
    }
  }

  void signal(int signal) throws IOException {
    shim.orElseThrow().signal(signal);
  }

  /** Writes to its standard input. */
  void input(String text) throws IOException {
    try (Shim client = Shim.attach(folder.resolve("s"), EnumSet.of(Shim.Stream.STDIN))) {
      client.input(java.nio.ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** What it wrote, both streams, and how it ended. */
  record Result(String output, ExitRecord exit) {
    int status() {
      return exit.shellStatus();
    }
  }

  /** Starts it and waits for its end. */
  Result run() throws IOException {
    return start().await();
  }

  Result await() throws IOException {
    return ended(output.orElseThrow(), shim.orElseThrow());
  }

  private static Result ended(Shim output, Shim shim) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    while (output.next() instanceof ShimEvent.Output part) {
      byte[] bytes = new byte[part.bytes().remaining()];
      part.bytes().get(bytes);
      text.writeBytes(bytes);
    }
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Exited exited) {
        return new Result(text.toString(StandardCharsets.UTF_8), exited.record());
      }
      if (event instanceof ShimEvent.Gone) {
        throw new IOException("no exit was told; output so far: " + text);
      }
    }
  }

  /** Runs a further process in it and waits for its end. */
  Result exec(ExecSpec exec) throws IOException {
    UserDatabase users =
        new UserDatabase(bytes(ground.layers(), "etc/passwd"), bytes(ground.layers(), "etc/group"));
    ContainerGround execGround =
        new ContainerGround(
            ground.id(),
            ground.folder(),
            ground.layers(),
            exec.user().map(u -> users.resolve(u, spec.groupsAdded())).orElse(ground.identity()),
            ground.firstId(),
            ground.cgroup(),
            ground.binds(),
            ground.devices(),
            ground.joined(),
            false,
            Optional.empty(),
            Optional.empty(),
            ground.host());
    LaunchPlan plan =
        ExecPlan.of(
            spec,
            image,
            execGround,
            exec,
            new SharedNamespace(started.pid(), started.startTicks()));
    Path socket = folder.resolve("x" + execs++);
    try (Shim watching = binary.spawn(plan, socket);
        Shim attached = Shim.attach(socket, EnumSet.of(Shim.Stream.STDOUT, Shim.Stream.STDERR))) {
      watching.start();
      ShimEvent event = watching.next();
      while (!(event instanceof ShimEvent.Started)) {
        if (event instanceof ShimEvent.Failed failed) {
          throw LaunchFailure.of(failed, plan);
        }
        if (event instanceof ShimEvent.Gone) {
          throw new IOException("the shim left without a word");
        }
        event = watching.next();
      }
      return ended(attached, watching);
    }
  }

  @Override
  public void close() throws IOException {
    cgroup.killAll();
    if (shim.isPresent()) {
      ShimEvent event = shim.get().next();
      while (!(event instanceof ShimEvent.Gone)) {
        event = shim.get().next();
      }
      shim.get().close();
    }
    if (output.isPresent()) {
      output.get().close();
    }
    cgroup.remove();
  }
}
