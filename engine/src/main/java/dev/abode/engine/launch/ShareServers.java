package dev.abode.engine.launch;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.container.LaunchFailure;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.machine.Share;
import dev.abode.engine.machine.ShareJail;
import dev.abode.engine.machine.ShareServer;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Shim;
import dev.abode.init.ShimBinary;
import dev.abode.init.ShimEvent;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Starts the servers of a machine's shares, before the machine. Each ends by itself when its
 * machine does, and with the control group that both are in.
 */
record ShareServers(ShimBinary shims) {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** How often it is looked whether a server listens yet: the kernel tells of no such thing. */
  private static final Duration LOOK = Duration.ofMillis(5);

  /** The folder of their sockets. */
  static Path sockets(RunFolderOf run) {
    return run.path().resolve("shares");
  }

  /** Starts them, and waits until all of them listen. */
  void start(Birth birth, List<Share> shares, CgroupPlacement cgroup) throws IOException {
    Path sockets = Files.createDirectory(sockets(birth.run()));
    long firstId = birth.firstId().orElseThrow();
    try (FileTree tree = FileTree.open(birth.run().path());
        FileTreeNode node = tree.node("shares")) {
      node.chown(firstId, firstId);
    }
    ShareServer server = ShareServer.find();
    for (Share share : shares) {
      LaunchPlan plan =
          ShareJail.of(server, share, birth.folder().path(), firstId, cgroup, sockets);
      Path folder = Files.createDirectory(birth.run().path().resolve("f" + share.number()));
      try (Shim shim = shims.spawn(plan, folder.resolve("s"))) {
        shim.start();
        started(shim, plan, share);
      }
    }
    for (Share share : shares) {
      await(sockets.resolve(share.socket()), share);
    }
  }

  private static void started(Shim shim, LaunchPlan plan, Share share) throws IOException {
    while (true) {
      switch (shim.next()) {
        case ShimEvent.Started started -> {
          return;
        }
        case ShimEvent.Failed failed -> throw LaunchFailure.of(failed, plan);
        case ShimEvent.Gone gone -> throw ended(share);
        case ShimEvent.Exited exited -> throw ended(share);
        case ShimEvent.Waiting waiting -> {}
        case ShimEvent.Booting booting -> {}
        case ShimEvent.Ready ready -> {}
        case ShimEvent.Answer answer -> {}
        case ShimEvent.Created created -> {}
        case ShimEvent.Output output -> {}
      }
    }
  }

  private static EngineException ended(Share share) {
    return new EngineException(
        Kind.UNAVAILABLE,
        "cannot share "
            + share.bind().source()
            + " with the virtual machine: virtiofsd ended at once, or did not listen; run it by"
            + " hand to see why");
  }

  private static void await(Path socket, Share share) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(socket)) {
      if (System.nanoTime() > deadline) {
        throw ended(share);
      }
      try {
        Thread.sleep(LOOK);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while a machine's folders were prepared", e);
      }
    }
  }
}
