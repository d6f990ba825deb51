package dev.abode.init;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;

/** What a workload wrote and how it ended, as an attached client and a watcher saw it. */
record Run(
    Optional<ExitRecord> exit, Optional<ShimEvent.Failed> failure, ByteBuffer out, ByteBuffer err) {

  /** Spawns, attaches to the outputs, starts, reads until all is over. */
  static Run of(ShimBinary binary, LaunchPlan plan, Path socket) throws IOException {
    try (Shim shim = binary.spawn(plan, socket);
        Shim client = Shim.attach(socket, EnumSet.of(Shim.Stream.STDOUT, Shim.Stream.STDERR))) {
      shim.start();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      while (client.next() instanceof ShimEvent.Output output) {
        (output.stream() == Frame.STDOUT ? out : err).writeBytes(bytes(output.bytes()));
      }
      return ended(shim, ByteBuffer.wrap(out.toByteArray()), ByteBuffer.wrap(err.toByteArray()));
    }
  }

  static Run ended(Shim shim, ByteBuffer out, ByteBuffer err) throws IOException {
    while (true) {
      switch (shim.next()) {
        case ShimEvent.Exited exited -> {
          return new Run(Optional.of(exited.record()), Optional.empty(), out, err);
        }
        case ShimEvent.Failed failed -> {
          return new Run(Optional.empty(), Optional.of(failed), out, err);
        }
        case ShimEvent.Gone() -> throw new IOException("the shim left without a word");
        case ShimEvent.Booting _, ShimEvent.Ready _, ShimEvent.Answer _ -> {}
        case ShimEvent.Waiting(), ShimEvent.Created _, ShimEvent.Started _, ShimEvent.Output _ -> {}
      }
    }
  }

  String output() {
    return new String(bytes(out), StandardCharsets.UTF_8);
  }

  String errors() {
    return new String(bytes(err), StandardCharsets.UTF_8);
  }

  int status() {
    return exit.orElseThrow(() -> new AssertionError("no exit: " + failure)).shellStatus();
  }

  static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
