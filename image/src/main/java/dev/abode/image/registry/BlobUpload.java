package dev.abode.image.registry;

import dev.abode.image.BlobStore;
import dev.abode.image.Descriptor;
import dev.abode.image.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One blob on its way to a registry, distribution-spec "Pushing blobs": not at all if it is there,
 * mounted from a sibling repository if one has it, else sent in one piece, continued after an
 * interruption where the registry says it stands.
 */
final class BlobUpload {
  private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-([0-9]{1,18})");

  private final Session session;
  private final Descriptor blob;
  private final BlobStore store;
  private final List<String> origins;
  private final RetryPolicy patience;
  private final Meter meter;
  private final String what;
  private Optional<URI> place = Optional.empty();
  private boolean begun;

  /** How a blob came to be at the registry. */
  sealed interface Outcome {
    record Existed() implements Outcome {}

    record Mounted(String repository) implements Outcome {}

    record Sent() implements Outcome {}
  }

  BlobUpload(
      Session session,
      Descriptor blob,
      BlobStore store,
      List<String> origins,
      RetryPolicy patience,
      Meter meter,
      String what) {
    this.session = session;
    this.blob = blob;
    this.store = store;
    this.origins = List.copyOf(origins);
    this.patience = patience;
    this.meter = meter;
    this.what = what;
  }

  /** Sees to it that the registry has the blob. */
  Outcome run() throws IOException {
    if (patience.run(this::exists, this::surrender)) {
      return new Outcome.Existed();
    }
    for (String origin : origins) {
      if (patience.run(() -> mounted(origin), this::surrender)) {
        return new Outcome.Mounted(origin);
      }
    }
    patience.run(this::send, this::surrender);
    return new Outcome.Sent();
  }

  private boolean exists() throws ConnectionFailure {
    try (Reply reply =
        session.send(Session.Call.of("HEAD", session.at("blobs/" + blob.digest())))) {
      return reply.status() == 200;
    }
  }

  private boolean mounted(String origin) throws ConnectionFailure {
    URI uri =
        session.at(
            "blobs/uploads/?mount="
                + encoded(blob.digest().toString())
                + "&from="
                + encoded(origin));
    try (Reply reply = session.reading(origin).send(Session.Call.of("POST", uri))) {
      if (reply.status() == 202) {
        // It cannot mount and has opened an upload instead.
        place = Optional.of(next(reply));
      }
      return reply.status() == 201;
    }
  }

  /** Sends what the registry does not have yet of the blob. */
  private Outcome send() throws ConnectionFailure {
    if (place.isEmpty()) {
      place = Optional.of(begin());
    }
    long offset = begun ? offsetAtRegistry() : 0;
    begun = true;
    if (offset < blob.sizeBytes()) {
      place = Optional.of(sendFrom(place.orElseThrow(), offset));
    }
    finish(place.orElseThrow());
    return new Outcome.Sent();
  }

  private URI begin() throws ConnectionFailure {
    try (Reply reply = session.send(Session.Call.of("POST", session.at("blobs/uploads/")))) {
      if (reply.status() != 202) {
        throw refused(reply);
      }
      return next(reply);
    }
  }

  /** How much the registry has of an upload that broke; begins another where it forgot it. */
  private long offsetAtRegistry() throws ConnectionFailure {
    try (Reply reply = session.send(Session.Call.of("GET", place.orElseThrow()))) {
      if (reply.status() == 204) {
        place = session.location(reply).or(() -> place);
        Matcher range = RANGE.matcher(reply.header("Range").orElse(""));
        long last = range.matches() ? Long.parseLong(range.group(1)) : 0;
        // A registry that has one byte and one that has none both say 0-0: it is sent again then.
        return last == 0 ? 0 : last + 1;
      }
    }
    place = Optional.of(begin());
    return 0;
  }

  private URI sendFrom(URI place, long offset) throws ConnectionFailure {
    AtomicLong sent = new AtomicLong(offset);
    Session.Call call =
        Session.Call.of("PATCH", place)
            .with("Content-Type", "application/octet-stream")
            .with(() -> content(offset, sent), sent::get);
    Session.Call ranged =
        offset == 0 ? call : call.with("Content-Range", offset + "-" + (blob.sizeBytes() - 1));
    try (Reply reply = session.send(ranged)) {
      if (reply.status() != 202 && reply.status() != 204 && reply.status() != 201) {
        throw refused(reply);
      }
      return next(reply);
    }
  }

  private BodyPublisher content(long offset, AtomicLong sent) {
    return BodyPublishers.fromPublisher(
        BodyPublishers.ofInputStream(() -> counted(offset, sent)), blob.sizeBytes() - offset);
  }

  private InputStream counted(long offset, AtomicLong sent) {
    try {
      FileChannel channel = store.open(blob.digest()).position(offset);
      sent.set(offset);
      return new Counted(Channels.newInputStream(channel), sent);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void finish(URI place) throws ConnectionFailure {
    String separator = place.getRawQuery() == null ? "?" : "&";
    URI uri = URI.create(place + separator + "digest=" + encoded(blob.digest().toString()));
    try (Reply reply = session.send(Session.Call.of("PUT", uri))) {
      if (reply.status() != 201 && reply.status() != 204) {
        throw refused(reply);
      }
    }
  }

  private URI next(Reply reply) {
    return session
        .location(reply)
        .orElseThrow(
            () ->
                new ImageException(
                    ImageException.Kind.INVALID_ARGUMENT,
                    "pushing "
                        + what
                        + ": "
                        + session.endpoint()
                        + " says to continue at \""
                        + Document.printable(reply.header("Location").orElse(""))
                        + "\", which is no URL this client goes to; a registry behind a proxy"
                        + " needs to know its outer address"));
  }

  private ImageException refused(Reply reply) throws ConnectionFailure {
    return Refusal.of(reply, "pushing " + what + " to " + session.endpoint());
  }

  private ImageException surrender(ConnectionFailure failure) {
    return new ImageException(
        ImageException.Kind.UNAVAILABLE,
        "pushing "
            + what
            + " to "
            + session.endpoint()
            + " failed: "
            + Reply.words(failure)
            + "; tried "
            + patience.attempts()
            + " times. Push again: what the registry has whole is not sent twice",
        failure);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** Counts what leaves. */
  private final class Counted extends InputStream {
    private final InputStream content;
    private final AtomicLong sent;

    Counted(InputStream content, AtomicLong sent) {
      this.content = content;
      this.sent = sent;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int count = content.read(into, offset, length);
      if (count > 0) {
        meter.count("Pushing", sent.addAndGet(count));
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      content.close();
    }
  }
}
