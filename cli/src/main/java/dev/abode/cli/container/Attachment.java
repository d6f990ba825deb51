package dev.abode.cli.container;

import dev.abode.cli.command.Session;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.http.Reply;
import dev.abode.cli.http.TakenOver;
import dev.abode.cli.json.Json;
import dev.abode.cli.terminal.Joining;
import dev.abode.cli.terminal.Signals;
import java.io.IOException;

/**
 * Being with a container from before its start until after its end, which {@code run}, {@code start
 * -a} and {@code attach} have in common.
 *
 * @param id the container's
 * @param joining how streams are joined
 * @param stdout whether standard output is wanted
 * @param stderr whether standard error is wanted
 * @param proxySignals whether signals to this process go to the workload; never done with a
 *     terminal, where keys do that
 */
record Attachment(
    String id, Joining joining, boolean stdout, boolean stderr, boolean proxySignals) {

  /** How long a condition is waited for, in the API's words. */
  enum Until {
    NOT_RUNNING("not-running"),
    NEXT_EXIT("next-exit"),
    REMOVED("removed");

    private final String word;

    Until(String word) {
      this.word = word;
    }
  }

  /** What starts the workload once everybody listens; nothing if it runs already. */
  interface Starting {
    void start() throws IOException;
  }

  /**
   * Attaches, starts, copies, and waits for the end.
   *
   * @return the workload's exit status, or 0 if the user detached
   */
  int run(Session session, Until until, Starting starting) throws IOException {
    ApiClient api = session.api();
    TakenOver streams =
        api.takeOver(
            ApiClient.query(
                path("attach"),
                "stream",
                "1",
                "stdin",
                joining.input() ? "1" : "",
                "stdout",
                stdout ? "1" : "",
                "stderr",
                stderr ? "1" : "",
                "detachKeys",
                joining.tty() ? joining.detachKeys() : ""),
            ApiClient.Body.none());
    try (streams) {
      // The engine answers at once with the head and later with the status, so that an exit right
      // after the start is not missed.
      Reply ending =
          api.send(
              "POST",
              ApiClient.query(path("wait"), "condition", until.word),
              java.util.Map.of(),
              ApiClient.Body.none());
      try {
        starting.start();
      } catch (IOException failed) {
        ending.abandon();
        throw failed;
      }
      if (joining.tty() && session.isTerminal(Session.STDOUT)) {
        Signals.followSize(size -> resize(api, path("resize"), size.rows(), size.columns()));
      }
      if (proxySignals && !joining.tty()) {
        Signals.forward(
            signal -> api.post(ApiClient.query(path("kill"), "signal", signal)).close());
      }
      if (joining.run(session, streams) == Joining.End.DETACHED) {
        ending.abandon();
        return 0;
      }
      Json ended = ending.json();
      String error = ended.text("Error", "Message");
      if (!error.isEmpty()) {
        throw new ApiException(500, error);
      }
      return (int) ended.number("StatusCode");
    }
  }

  /** Tells a workload the size of the user's terminal; one that has ended needs none. */
  static void resize(ApiClient api, String path, int rows, int columns) {
    if (rows == 0 || columns == 0) {
      return;
    }
    try {
      api.post(ApiClient.query(path, "h", Integer.toString(rows), "w", Integer.toString(columns)))
          .close();
    } catch (IOException gone) {
      // Its output still comes, in whatever size.
    }
  }

  private String path(String verb) {
    return "/containers/" + id + "/" + verb;
  }
}
