package dev.abode.image.registry;

import dev.abode.image.Digest;
import dev.abode.image.ImageException;
import dev.abode.image.Reference;
import java.net.http.HttpRequest.BodyPublishers;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The documents of one repository, distribution-spec "Pulling manifests" and "Pushing manifests".
 */
final class Manifests {
  private final Session session;

  Manifests(Session session) {
    this.session = session;
  }

  /**
   * A document as it came, verified.
   *
   * @param mediaType what the registry calls it; empty if nothing it should
   */
  record Fetched(Digest digest, String mediaType, Bytes bytes) {}

  /** Bytes that nobody changes any more. */
  static final class Bytes {
    private final byte[] content;

    Bytes(byte[] content) {
      this.content = content.clone();
    }

    byte[] toArray() {
      return content.clone();
    }

    int length() {
      return content.length;
    }
  }

  /**
   * The digest a name stands for, without its document: what counts against nobody's pull limit.
   * Empty if the registry does not say.
   */
  Optional<Digest> digest(String tagOrDigest, String what) throws ConnectionFailure {
    Session.Call call = accepting(Session.Call.of("HEAD", session.at("manifests/" + tagOrDigest)));
    try (Reply reply = session.send(call)) {
      if (reply.status() == 404 || reply.status() == 401 || reply.status() == 403) {
        throw refused(reply, what);
      }
      Optional<String> header = reply.header("Docker-Content-Digest");
      return reply.status() == 200 ? header.flatMap(Manifests::wellFormed) : Optional.empty();
    }
  }

  private static Optional<Digest> wellFormed(String text) {
    try {
      return Optional.of(Digest.parse(text));
    } catch (ImageException e) {
      // The document itself is asked for next, and refused with a sentence if this still stands.
      return Optional.empty();
    }
  }

  /**
   * Reads a document.
   *
   * @param expected its digest, if known
   * @param what it is of, as the user names it
   */
  Fetched fetch(String tagOrDigest, Optional<Digest> expected, String what)
      throws ConnectionFailure {
    Session.Call call = accepting(Session.Call.of("GET", session.at("manifests/" + tagOrDigest)));
    try (Reply reply = session.send(call)) {
      if (reply.status() != 200) {
        throw refused(reply, what);
      }
      Bytes bytes = new Bytes(reply.document(Document.MAX_BYTES));
      Optional<Digest> claimed = reply.header("Docker-Content-Digest").map(Digest::parse);
      Digest wanted = expected.or(() -> claimed).orElseGet(() -> digestOf(bytes, "sha256"));
      verify(bytes, wanted, what);
      if (claimed.isPresent()) {
        verify(bytes, claimed.get(), what);
      }
      return new Fetched(wanted, reply.mediaType(), bytes);
    }
  }

  private void verify(Bytes bytes, Digest wanted, String what) {
    Digest actual = digestOf(bytes, wanted.algorithm());
    if (!actual.equals(wanted)) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the manifest of "
              + what
              + " from "
              + session.endpoint()
              + " has the digest "
              + actual
              + " where "
              + wanted
              + " was expected: it was altered on the way or in the registry, and is not used");
    }
  }

  static Digest digestOf(Bytes bytes, String algorithm) {
    String name = algorithm.equals("sha512") ? "SHA-512" : "SHA-256";
    try {
      byte[] hash = MessageDigest.getInstance(name).digest(bytes.toArray());
      return new Digest(algorithm, HexFormat.of().formatHex(hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has " + name, e);
    }
  }

  /** Stores a document under a tag or its digest. */
  void put(String tagOrDigest, String mediaType, Bytes document, String what)
      throws ConnectionFailure {
    Session.Call call =
        Session.Call.of("PUT", session.at("manifests/" + tagOrDigest))
            .with("Content-Type", mediaType)
            .with(() -> BodyPublishers.ofByteArray(document.toArray()), () -> 0);
    try (Reply reply = session.send(call)) {
      if (reply.status() != 201 && reply.status() != 200 && reply.status() != 202) {
        throw Refusal.of(reply, "pushing the manifest of " + what + " to " + session.endpoint());
      }
    }
  }

  private ImageException refused(Reply reply, String what) throws ConnectionFailure {
    return switch (reply.status()) {
      case 404 ->
          new ImageException(
              ImageException.Kind.NOT_FOUND,
              "manifest for "
                  + what
                  + " not found at "
                  + session.endpoint()
                  + Refusal.reasons(reply)
                  + "; check the name and the tag");
      case 401, 403 ->
          new ImageException(
              ImageException.Kind.UNAUTHORIZED,
              "pull access denied for "
                  + what
                  + ", repository does not exist or may require 'docker login'"
                  + Refusal.reasons(reply));
      default -> Refusal.of(reply, "reading the manifest of " + what);
    };
  }

  private static Session.Call accepting(Session.Call call) {
    return call.with("Accept", String.join(", ", MediaTypes.accepted()));
  }

  /** The part of a manifest URL that a reference stands for. */
  static String pathOf(Reference reference) {
    return reference
        .digest()
        .map(Digest::toString)
        .or(reference::tag)
        .orElseThrow(() -> new IllegalStateException(reference + " has neither tag nor digest"));
  }
}
