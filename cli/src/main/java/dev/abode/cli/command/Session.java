package dev.abode.cli.command;

import dev.abode.cli.http.ApiClient;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * What one run of the command works with: its streams, its environment, and the engine it talks to,
 * which is looked for when it is first needed.
 */
public final class Session implements AutoCloseable {
  public static final int STDIN = 0;
  public static final int STDOUT = 1;
  public static final int STDERR = 2;

  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> environment;
  private final IntPredicate terminals;
  private final EngineAddress address;
  private Optional<ApiClient> api = Optional.empty();

  private Session(
      InputStream in,
      PrintStream out,
      PrintStream err,
      Map<String, String> environment,
      IntPredicate terminals,
      EngineAddress address) {
    this.in = in;
    this.out = out;
    this.err = err;
    this.environment = environment;
    this.terminals = terminals;
    this.address = address;
  }

  /** The session of this process. */
  public static Session ofProcess(EngineAddress address) {
    return new Session(
        new FileInputStream(FileDescriptor.in),
        new PrintStream(
            new FileOutputStream(FileDescriptor.out),
            /* autoFlush= */ false,
            StandardCharsets.UTF_8),
        new PrintStream(
            new FileOutputStream(FileDescriptor.err),
            /* autoFlush= */ true,
            StandardCharsets.UTF_8),
        System.getenv(),
        Session::isTerminalOfProcess,
        address);
  }

  /** A session on other streams, none of which is a terminal. */
  public static Session on(
      InputStream in,
      OutputStream out,
      OutputStream err,
      Map<String, String> environment,
      EngineAddress address) {
    return new Session(
        in,
        new PrintStream(out, /* autoFlush= */ true, StandardCharsets.UTF_8),
        new PrintStream(err, /* autoFlush= */ true, StandardCharsets.UTF_8),
        environment,
        descriptor -> false,
        address);
  }

  /**
   * A session of another process, which has no input.
   *
   * @param environment what of that process's environment is known
   * @param terminals which of its standard streams are terminals
   */
  public static Session hosted(
      OutputStream out,
      OutputStream err,
      Map<String, String> environment,
      Set<Integer> terminals,
      EngineAddress address) {
    return new Session(
        InputStream.nullInputStream(),
        new PrintStream(out, /* autoFlush= */ false, StandardCharsets.UTF_8),
        new PrintStream(err, /* autoFlush= */ true, StandardCharsets.UTF_8),
        environment,
        terminals::contains,
        address);
  }

  public InputStream in() {
    return in;
  }

  public PrintStream out() {
    return out;
  }

  public PrintStream err() {
    return err;
  }

  public Map<String, String> environment() {
    return environment;
  }

  public EngineAddress address() {
    return address;
  }

  /**
   * The engine; one is started in the background if none listens at the default address.
   *
   * @throws IOException if there is none and none could be started
   */
  public ApiClient api() throws IOException {
    if (api.isEmpty()) {
      ApiClient client = new ApiClient(address.socket());
      if (!client.isListening()) {
        BackgroundEngine.start(this);
      }
      api = Optional.of(client);
    }
    return api.get();
  }

  /** Whether a standard stream, {@link #STDOUT} for instance, is a terminal. */
  public boolean isTerminal(int descriptor) {
    return terminals.test(descriptor);
  }

  /**
   * Whether a standard stream of this process is a terminal. Asked of the device number: the usual
   * {@code isatty} would need the foreign linker, which takes longer to start than most verbs run.
   */
  private static boolean isTerminalOfProcess(int descriptor) {
    try {
      long device =
          ((Number) Files.getAttribute(Path.of("/proc/self/fd/" + descriptor), "unix:rdev"))
              .longValue();
      long major = (device >> 8) & 0xfff;
      // linux/major.h: TTY_MAJOR, TTYAUX_MAJOR, UNIX98_PTY_SLAVE_MAJOR and its seven successors.
      boolean isConsole = major == 4 || (major == 5 && (device & 0xff) <= 1);
      return isConsole || (major >= 136 && major <= 143);
    } catch (IOException | UnsupportedOperationException closed) {
      return false;
    }
  }

  @Override
  public void close() {
    out.flush();
    api.ifPresent(ApiClient::close);
  }
}
