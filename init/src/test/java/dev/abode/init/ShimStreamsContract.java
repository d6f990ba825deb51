package dev.abode.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.init.Shim.Stream;
import dev.abode.init.Step.Place;
import dev.abode.linux.Errno;
import dev.abode.linux.ProcessIdentity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What goes into a workload and comes out of it. */
abstract class ShimStreamsContract extends ShimCase {

  ShimStreamsContract(Build build) {
    super(build);
  }

  // ---- standard input

  @Test
  void passesInputOnUntilItEnds() throws Exception {
    LaunchPlan plan = shell(ContainerPlan.supervision(false, true), "cat; echo end");
    try (Shim shim = binary.spawn(plan, socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class))) {
      client.input(utf8("early "));
      shim.start();
      client.input(utf8("and late\n"));
      client.endInput();
      assertThat(read(client)).isEqualTo("early and late\nend\n");
      assertThat(Run.ended(shim, utf8(""), utf8("")).status()).isZero();
    }
  }

  @Test
  void endsInputWhenItsClientVanishes() throws Exception {
    LaunchPlan plan = shell(ContainerPlan.supervision(false, true), "cat; echo end");
    try (Shim shim = binary.spawn(plan, socket());
        Shim reader = Shim.attach(socket(), OUTPUTS)) {
      try (Shim writer = Shim.attach(socket(), EnumSet.of(Stream.STDIN))) {
        shim.start();
        writer.input(utf8("last words\n"));
      }
      assertThat(read(reader)).isEqualTo("last words\nend\n");
    }
  }

  @Test
  void givesEndOfFileWhenNoInputIsWanted() throws Exception {
    assertThat(script("cat; echo end").output()).isEqualTo("end\n");
  }

  @Test
  void forgetsInputThatNobodyReads() throws Exception {
    Path fifo = folder.resolve("go");
    LaunchPlan plan =
        shell(
            ContainerPlan.supervision(false, true),
            "busybox mkfifo " + fifo + "; exec 0<&-; echo closed; exec busybox cat " + fifo);
    try (Shim shim = binary.spawn(plan, socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class))) {
      shim.start();
      assertThat(client.next()).isInstanceOf(ShimEvent.Output.class);
      client.input(ByteBuffer.allocate(1 << 20)); // returns: it was taken, and thrown away
      Files.writeString(fifo, "on we go\n");
      assertThat(read(client)).isEqualTo("on we go\n");
    }
  }

  @Test
  void holdsInputBackWhileTheWorkloadDoesNotRead() throws Exception {
    Path fifo = folder.resolve("go");
    LaunchPlan plan =
        shell(
            ContainerPlan.supervision(false, true),
            "busybox mkfifo " + fifo + "; echo ready; read x < " + fifo + "; busybox wc -c");
    int size = 8 << 20;
    try (Shim shim = binary.spawn(plan, socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      shim.start();
      assertThat(client.next()).isInstanceOf(ShimEvent.Output.class);
      Future<?> sent =
          threads.submit(
              () -> {
                client.input(ByteBuffer.allocate(size));
                client.endInput();
                return null;
              });
      // Others are served meanwhile, and the shim holds no more than its buffers.
      try (Shim other = Shim.connect(socket())) {
        expect(other, ShimEvent.Started.class);
      }
      assertThat(sent.isDone()).isFalse();
      Files.writeString(fifo, "go\n");
      assertThat(read(client).strip()).isEqualTo(Integer.toString(size));
      sent.get();
    }
  }

  private static String read(Shim client) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (client.next() instanceof ShimEvent.Output output) {
      bytes.writeBytes(Run.bytes(output.bytes()));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  // ---- terminal

  @Test
  void givesATerminalAndResizesIt() throws Exception {
    ContainerPlan container =
        container()
            .shell(
                "trap 'busybox stty size; exit 4' WINCH; busybox tty; busybox stty size;"
                    + "busybox ls -l /dev/console | busybox cut -c1; for n in 0 1 2; do busybox"
                    + " readlink /proc/$$/fd/$n; done;"
                    + " echo ready; while :; do busybox sleep 0.01; done");
    container.supervision =
        new Supervision(
            true, 40, 120, true, true, Optional.empty(), Optional.empty(), Optional.empty());
    try (Shim shim = binary.spawn(container.plan(), socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class))) {
      shim.start();
      StringBuilder seen = new StringBuilder();
      while (client.next() instanceof ShimEvent.Output output) {
        seen.append(StandardCharsets.UTF_8.decode(output.bytes()));
        if (seen.toString().endsWith("ready\r\n")) {
          client.resize(50, 132);
        }
      }
      assertThat(seen.toString())
          .isEqualTo(
              "/dev/pts/0\r\n40 120\r\nc\r\n/dev/pts/0\r\n/dev/pts/0\r\n/dev/pts/0\r\nready\r\n"
                  + "50 132\r\n");
      assertThat(Run.ended(shim, utf8(""), utf8("")).status()).isEqualTo(4);
    }
  }

  @Test
  void passesKeysToTheForegroundOfATerminal() throws Exception {
    ContainerPlan container = container().shell("echo ready; busybox cat; echo never");
    container.supervision = ContainerPlan.supervision(true, true);
    container.beforeExecute.add(new Step.StayAsInit());
    try (Shim shim = binary.spawn(container.plan(), socket());
        Shim client = Shim.attach(socket(), EnumSet.allOf(Stream.class))) {
      shim.start();
      StringBuilder seen = new StringBuilder();
      boolean interrupted = false;
      while (client.next() instanceof ShimEvent.Output output) {
        seen.append(StandardCharsets.UTF_8.decode(output.bytes()));
        if (!interrupted && seen.toString().contains("ready\r\n")) {
          client.input(utf8("\u0003"));
          interrupted = true;
        }
      }
      assertThat(seen.toString()).startsWith("ready\r\n").doesNotContain("never");
      assertThat(Run.ended(shim, utf8(""), utf8("")).status()).isEqualTo(130);
    }
  }

  @Test
  void refusesAFalseTerminalMultiplexer() throws Exception {
    ContainerPlan container = container();
    container.supervision = ContainerPlan.supervision(true, true);
    LaunchPlan plan = container.plan();
    List<Step> inside = new ArrayList<>(plan.inside());
    int open = inside.indexOf(new Step.OpenTerminal(true));
    // As if the image had brought a /dev/pts of its own.
    inside.removeIf(step -> step instanceof Step.Mount mount && mount.type().equals("devpts"));
    inside.add(open - 1, new Step.MakeDirectory(Place.ROOTFS, "/dev/pts", 0755));
    inside.add(open, new Step.MakeSymlink(Place.ROOTFS, "/dev/pts/ptmx", "../null"));
    plan = inside(plan, inside);
    assertThat(failure(plan))
        .isEqualTo(new ShimEvent.Failed(LaunchPlan.Phase.INSIDE, open + 1, Errno.ENODEV));
  }

  // ---- output

  @Test
  void servesManyClientsTheSameOutput() throws Exception {
    int lines = 50_000;
    try (Shim shim = binary.spawn(shell("busybox seq 1 " + lines), socket());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Shim> clients = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        clients.add(Shim.attach(socket(), OUTPUTS));
      }
      clients.removeFirst().close(); // one vanishes without harm
      List<Future<String>> outputs = new ArrayList<>();
      for (Shim client : clients) {
        outputs.add(threads.submit(() -> read(client)));
      }
      shim.start();
      String expected =
          IntStream.rangeClosed(1, lines)
              .mapToObj(line -> line + "\n")
              .collect(java.util.stream.Collectors.joining());
      for (Future<String> output : outputs) {
        assertThat(output.get().equals(expected)).isTrue();
      }
      for (Shim client : clients) {
        client.close();
      }
    }
  }

  @Test
  @Tag("slow")
  void losesNothingToASlowClient() throws Exception {
    int lines = 12_500_000; // about 100 MB
    CRC32 expected = new CRC32();
    long expectedBytes = 0;
    StringBuilder block = new StringBuilder();
    for (int line = 1; line <= lines; line++) {
      block.append(line).append('\n');
      if (block.length() > 60_000 || line == lines) {
        expected.update(block.toString().getBytes(StandardCharsets.US_ASCII));
        expectedBytes += block.length();
        block.setLength(0);
      }
    }
    try (Shim shim = binary.spawn(shell("busybox seq 1 " + lines), socket());
        Shim client = Shim.attach(socket(), OUTPUTS)) {
      shim.start();
      CRC32 seen = new CRC32();
      long bytes = 0;
      while (client.next() instanceof ShimEvent.Output output) {
        seen.update(output.bytes().duplicate());
        if (bytes >> 22 != (bytes + output.bytes().remaining()) >> 22) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5)); // slower than the workload
        }
        bytes += output.bytes().remaining();
      }
      assertThat(bytes).isEqualTo(expectedBytes);
      assertThat(seen.getValue()).isEqualTo(expected.getValue());
      assertThat(Run.ended(shim, utf8(""), utf8("")).status()).isZero();
    }
  }

  @Test
  void doesNotWaitForDescendantsThatKeepTheStreams() throws Exception {
    Run run = script("(busybox sleep 1000 & echo $!) ; exit 5");
    assertThat(run.status()).isEqualTo(5);
    int sleeper = Integer.parseInt(run.output().strip());
    assertThat(ProcessIdentity.of(sleeper).orElseThrow().signal(9)).isTrue();
  }

  // ---- the log

  @Test
  void keepsTheNewestPartsOfTheLogWhole() throws Exception {
    Path log = folder.resolve("log");
    int lines = 20_000;
    Run run = run(shell(logging(log, 5000, 3), "busybox seq 1 " + lines));
    assertThat(run.status()).isZero();
    assertThat(folder.resolve("log.3")).doesNotExist();
    StringBuilder kept = new StringBuilder();
    for (String part : List.of("log.2", "log.1", "log")) {
      assertThat(Files.size(folder.resolve(part))).isLessThanOrEqualTo(5000);
      kept.append(text(frames(folder.resolve(part))));
    }
    assertThat(run.output()).endsWith(kept.toString());
    assertThat(kept.length()).isGreaterThan(5000);
  }

  @Test
  void appendsBehindTheLastWholeFrameOfTheLog() throws Exception {
    Path log = folder.resolve("log");
    run(shell(logging(log, 1 << 20, 1), "echo first"));
    byte[] whole = Files.readAllBytes(log);
    // As a crash leaves it: a header that promises more than is there.
    ByteBuffer torn = ByteBuffer.allocate(whole.length + 20).order(ByteOrder.LITTLE_ENDIAN);
    torn.put(whole).putInt(100).put((byte) 1);
    Files.write(log, torn.array());
    run(shell(logging(log, 1 << 20, 1), "echo second >&2"));
    List<Frame> frames = frames(log);
    assertThat(text(frames)).isEqualTo("first\nsecond\n");
    assertThat(frames).extracting(Frame::stream).containsExactly(Frame.STDOUT, Frame.STDERR);
  }
}
