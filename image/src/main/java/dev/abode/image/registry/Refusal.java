package dev.abode.image.registry;

import dev.abode.image.ImageException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Answers that are not what was asked for, in words. */
final class Refusal {
  private static final int MAX_BYTES = 64 * 1024;

  private Refusal() {}

  /** Whether the same request may succeed a moment later, RFC 9110 §15. */
  static boolean isTransient(int status) {
    return switch (status) {
      case 408, 429, 500, 502, 503, 504 -> true;
      default -> false;
    };
  }

  /**
   * What an unexpected answer means: patience if it is transient, otherwise what {@code otherwise}
   * says.
   *
   * @return never
   * @throws ConnectionFailure if trying again may help
   */
  static ImageException transientOr(Reply reply, Supplier<ImageException> otherwise)
      throws ConnectionFailure {
    if (isTransient(reply.status())) {
      throw transientFailure(reply);
    }
    return otherwise.get();
  }

  /** A transient answer as a failure. */
  static ConnectionFailure transientFailure(Reply reply) throws ConnectionFailure {
    return ConnectionFailure.refusedForNow(
        Endpoint.authority(reply.uri())
            + " answered with status "
            + reply.status()
            + (reply.status() == 429 ? " (too many requests)" : "")
            + reasons(reply),
        retryAfter(reply));
  }

  /**
   * The judgement on a status that is neither success nor transient.
   *
   * @param what was tried, as the beginning of a sentence
   */
  static ImageException of(Reply reply, String what) throws ConnectionFailure {
    int status = reply.status();
    String host = Endpoint.authority(reply.uri());
    ImageException.Kind kind =
        switch (status) {
          case 401, 403 -> ImageException.Kind.UNAUTHORIZED;
          case 404, 410 -> ImageException.Kind.NOT_FOUND;
          case 405, 501 -> ImageException.Kind.UNSUPPORTED;
          case 413 -> ImageException.Kind.EXHAUSTED;
          default ->
              status >= 500
                  ? ImageException.Kind.UNAVAILABLE
                  : ImageException.Kind.INVALID_ARGUMENT;
        };
    String hint =
        kind == ImageException.Kind.UNAUTHORIZED
            ? "; check the name, and log in with an account that may do this"
            : "";
    return new ImageException(
        kind, what + ": " + host + " answered with status " + status + reasons(reply) + hint);
  }

  /** What the body gives as reasons, with a colon in front; empty if it is none of the spec's. */
  static String reasons(Reply reply) throws ConnectionFailure {
    if (!reply.mediaType().contains("json")) {
      return "";
    }
    try {
      Wire.Errors errors =
          Wire.read(Wire.Errors.class, reply.document(MAX_BYTES), "the registry's answer");
      String text =
          errors.errors().stream()
              .limit(5)
              .map(Refusal::reason)
              .filter(reason -> !reason.isEmpty())
              .distinct()
              .collect(Collectors.joining("; "));
      return text.isEmpty() ? "" : ": " + text;
    } catch (ImageException e) {
      // A refusal that cannot be read is a refusal all the same.
      return "";
    }
  }

  private static String reason(Wire.Reason reason) {
    String code = reason.code().toLowerCase(java.util.Locale.ROOT).replace("_", " ");
    return Document.printable(reason.message().isEmpty() ? code : code + ": " + reason.message());
  }

  /** {@code Retry-After} in either form, RFC 9110 §10.2.3. */
  private static Optional<Duration> retryAfter(Reply reply) {
    String text = reply.header("Retry-After").orElse("").strip();
    if (text.matches("[0-9]{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
    }
    try {
      Instant then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(Instant.now(), then);
      return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
