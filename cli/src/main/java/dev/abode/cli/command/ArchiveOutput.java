package dev.abode.cli.command;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.http.Reply;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Where {@code export} and {@code save} put an archive: {@code --output}, or standard output. */
public final class ArchiveOutput {
  private ArchiveOutput() {}

  /** An archive on a terminal helps nobody. */
  public static void refuseTerminal(Session session, Arguments arguments) throws IOException {
    if (!arguments.isGiven("output") && session.isTerminal(Session.STDOUT)) {
      throw new IOException("will not write an archive to a terminal; use -o FILE or redirect");
    }
  }

  /** Writes a body to the file of {@code --output}, which appears only when it is whole. */
  public static void save(Session session, Arguments arguments, Reply reply) throws IOException {
    if (!arguments.isGiven("output")) {
      reply.body().transferTo(session.out());
      session.out().flush();
      return;
    }
    Path file = Path.of(arguments.value("output", "")).toAbsolutePath();
    Path part = file.resolveSibling("." + file.getFileName() + ".part");
    try {
      try (OutputStream to = Files.newOutputStream(part)) {
        reply.body().transferTo(to);
      }
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
