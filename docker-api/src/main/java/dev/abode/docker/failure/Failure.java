package dev.abode.docker.failure;

import dev.abode.engine.failure.EngineException;
import dev.abode.image.ImageException;
import java.io.IOException;
import java.nio.file.FileSystemException;

/**
 * What a client is told when something went wrong. The only place where kinds of failure become
 * HTTP statuses; Docker's own choice of statuses is moby's {@code httpstatus} package.
 *
 * @param status of HTTP
 * @param message for the error body
 * @param unexpected whether it is a defect or a failing disk, so that the engine's own log should
 *     have the stack
 */
public record Failure(int status, String message, boolean unexpected) {

  public static Failure of(Throwable thrown) {
    return switch (thrown) {
      case ApiException e -> new Failure(e.status(), sentence(e), false);
      case EngineException e -> ofEngine(e);
      case ImageException e ->
          new Failure(statusOf(e.kind()), sentence(e), e.kind() == ImageException.Kind.INTERNAL);
      case IllegalArgumentException e -> new Failure(400, sentence(e), false);
      case InterruptedException _ ->
          new Failure(503, "The engine is shutting down; try again when it is back.", false);
      // The message of these is a bare path; what is wrong with it is in the type.
      case FileSystemException e when e.getReason() == null ->
          new Failure(500, e.getClass().getSimpleName() + ": " + e.getMessage(), true);
      case IOException e -> new Failure(500, sentence(e), true);
      default -> new Failure(500, sentence(thrown), true);
    };
  }

  private static Failure ofEngine(EngineException e) {
    String message = sentence(e);
    return switch (e.kind()) {
      case NOT_FOUND -> new Failure(404, message, false);
      case CONFLICT -> new Failure(409, message, false);
      case INVALID_ARGUMENT -> new Failure(400, message, false);
      case PERMISSION -> new Failure(403, message, false);
      case UNAVAILABLE -> new Failure(503, message, false);
      case EXHAUSTED -> new Failure(507, message, false);
      case UNSUPPORTED -> new Failure(501, message, false);
      // The docker CLI knows only from these words that its exit status is 127 or 126.
      case COMMAND_NOT_FOUND ->
          new Failure(
              400,
              containsAny(message, "executable file not found", "no such file or directory")
                  ? message
                  : message + ": executable file not found in $PATH",
              false);
      case COMMAND_NOT_EXECUTABLE ->
          new Failure(
              400,
              containsAny(message, "permission denied", "is a directory")
                  ? message
                  : message + " (exit status 126, as for \"permission denied\")",
              false);
      case INTERNAL -> new Failure(500, message, true);
    };
  }

  private static int statusOf(ImageException.Kind kind) {
    return switch (kind) {
      case NOT_FOUND -> 404;
      case CONFLICT -> 409;
      case INVALID_ARGUMENT -> 400;
      case UNAUTHORIZED -> 401;
      case UNAVAILABLE -> 503;
      case EXHAUSTED -> 507;
      case UNSUPPORTED -> 501;
      case INTERNAL -> 500;
    };
  }

  private static boolean containsAny(String message, String... words) {
    for (String word : words) {
      if (message.contains(word)) {
        return true;
      }
    }
    return false;
  }

  private static String sentence(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null || message.isBlank() ? thrown.toString() : message;
  }
}
