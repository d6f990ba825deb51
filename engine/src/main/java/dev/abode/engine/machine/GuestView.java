package dev.abode.engine.machine;

import dev.abode.init.Shim;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A look into a running guest, through its agent: files of its procfs and of its control groups.
 * What comes back is the guest's to say, at most 16 KiB a file; and a guest that says nothing holds
 * nobody up for longer than {@link #PATIENCE}.
 */
public final class GuestView implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Shim shim;
  private final Thread watchdog;

  private GuestView(Shim shim) {
    this.shim = shim;
    this.watchdog = Thread.ofVirtual().name("guest-view").start(this::expire);
  }

  /**
   * Opens one.
   *
   * @param socket of the machine's shim
   */
  public static GuestView open(Path socket) throws IOException {
    return new GuestView(Shim.connect(socket));
  }

  private void expire() {
    try {
      Thread.sleep(PATIENCE);
      shim.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // It is closed by whoever opened it.
      return;
    }
  }

  /** The content of a file; empty when it is not there. */
  public Optional<String> read(String path) throws IOException {
    shim.ask(new Shim.Question.Read(path));
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Answer answer) {
        return answer.errno() == 0
            ? Optional.of(StandardCharsets.UTF_8.decode(answer.content()).toString())
            : Optional.empty();
      }
      if (event instanceof ShimEvent.Gone || event instanceof ShimEvent.Exited) {
        throw new IOException("the guest does not answer");
      }
    }
  }

  @Override
  public void close() throws IOException {
    watchdog.interrupt();
    shim.close();
  }
}
