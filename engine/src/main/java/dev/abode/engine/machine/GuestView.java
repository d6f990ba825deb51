package dev.abode.engine.machine;

import dev.abode.engine.patience.Watchdog;
import dev.abode.init.Shim;
import dev.abode.init.ShimEvent;
import dev.abode.linux.Errno;
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
  private final Watchdog watchdog;

  private GuestView(Shim shim, Duration patience) {
    this.shim = shim;
    this.watchdog = Watchdog.over("guest-view", patience, shim::close);
  }

  /**
   * Opens one.
   *
   * @param socket of the machine's shim
   */
  public static GuestView open(Path socket) throws IOException {
    return open(socket, PATIENCE);
  }

  /**
   * Opens one with another patience.
   *
   * @param patience with all that is asked, together
   */
  public static GuestView open(Path socket, Duration patience) throws IOException {
    return new GuestView(Shim.connect(socket), patience);
  }

  /** Makes the workload stand still, and the agent silent, until {@link #thaw} or the closing. */
  public void freeze() throws IOException {
    command(new Shim.Question.Freeze(""));
  }

  /** Lets the workload go on. */
  public void thaw() throws IOException {
    command(new Shim.Question.Thaw());
  }

  private void command(Shim.Question question) throws IOException {
    ShimEvent.Answer answer = ask(question);
    if (answer.errno() != 0) {
      throw new IOException("the guest refuses " + question + ": " + Errno.words(answer.errno()));
    }
  }

  /** The content of a file; empty when it is not there. */
  public Optional<String> read(String path) throws IOException {
    ShimEvent.Answer answer = ask(new Shim.Question.Read(path));
    return answer.errno() == 0
        ? Optional.of(StandardCharsets.UTF_8.decode(answer.content()).toString())
        : Optional.empty();
  }

  private ShimEvent.Answer ask(Shim.Question question) throws IOException {
    shim.ask(question);
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Answer answer) {
        return answer;
      }
      if (event instanceof ShimEvent.Gone || event instanceof ShimEvent.Exited) {
        throw new IOException("the guest does not answer");
      }
    }
  }

  @Override
  public void close() throws IOException {
    watchdog.close();
    shim.close();
  }
}
