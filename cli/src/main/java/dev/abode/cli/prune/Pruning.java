package dev.abode.cli.prune;

import dev.abode.cli.command.Filters;
import dev.abode.cli.command.Session;
import dev.abode.cli.format.Words;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.util.List;

/** Removing all of a kind that nobody uses, and telling it as docker does. */
public final class Pruning {
  private Pruning() {}

  /**
   * Removes them, and names those that are gone.
   *
   * @param kind as in the path of the API
   * @param title as in its answer and in what is printed
   * @return the bytes that are free again
   */
  public static long of(Session session, String kind, String title, Filters filters)
      throws IOException {
    Json answer =
        session
            .api()
            .post(ApiClient.query("/" + kind + "/prune", "filters", filters.query()))
            .json();
    List<String> removed = answer.texts(title + "Deleted");
    if (!removed.isEmpty()) {
      session.out().println("Deleted " + title + ":");
      removed.forEach(session.out()::println);
      session.out().println();
    }
    return answer.number("SpaceReclaimed");
  }

  /** Says how much room that made. */
  public static void tellReclaimed(Session session, long bytes) {
    session.out().println("Total reclaimed space: " + Words.size(bytes));
  }
}
