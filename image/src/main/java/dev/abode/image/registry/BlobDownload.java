package dev.abode.image.registry;

import dev.abode.image.BlobStore;
import dev.abode.image.Descriptor;
import dev.abode.image.ImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One blob on its way into the store, distribution-spec "Pulling blobs". What has come is kept when
 * the connection breaks and when the process dies; the next request asks for the rest only (RFC
 * 9110 §14).
 */
final class BlobDownload {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\\*)");

  /** A try that brought this much was not in vain and is not counted. */
  private static final long WORTHWHILE_BYTES = 1024 * 1024;

  private final List<Session> sources;
  private final Descriptor blob;
  private final BlobStore store;
  private final RetryPolicy patience;
  private final Meter meter;
  private final String what;

  /**
   * @param sources tried in order, each continuing where the one before ended
   * @param what the blob is, as the beginning of a sentence: {@code layer 3d8db3b37aff of alpine}
   */
  BlobDownload(
      List<Session> sources,
      Descriptor blob,
      BlobStore store,
      RetryPolicy patience,
      Meter meter,
      String what) {
    this.sources = List.copyOf(sources);
    this.blob = blob;
    this.store = store;
    this.patience = patience;
    this.meter = meter;
    this.what = what;
  }

  /** Brings the blob into the store. */
  void run() throws IOException {
    boolean continued;
    try (BlobStore.Upload upload = store.resume(blob.digest(), blob.sizeBytes())) {
      if (upload.alreadyPresent()) {
        return;
      }
      continued = upload.offsetBytes() > 0;
      receiveFromAny(upload);
      meter.step("Verifying Checksum");
      try {
        upload.commit();
        return;
      } catch (ImageException mismatch) {
        if (!continued) {
          throw mismatch;
        }
      }
    }
    // The piece an earlier process left may have been the bad one: once more, from the beginning.
    try (BlobStore.Upload upload = store.resume(blob.digest(), blob.sizeBytes())) {
      if (!upload.alreadyPresent()) {
        upload.restart();
        receiveFromAny(upload);
        upload.commit();
      }
    }
  }

  private void receiveFromAny(BlobStore.Upload upload) throws IOException {
    for (Session source : sources.subList(0, sources.size() - 1)) {
      try {
        receive(source, upload);
        return;
      } catch (ImageException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw e;
        }
        // A mirror may fail in any way; the registry behind it has the last word.
        meter.step("Retrying");
      }
    }
    receive(sources.getLast(), upload);
  }

  private void receive(Session source, BlobStore.Upload upload) throws IOException {
    int tried = 1;
    while (true) {
      long before = upload.offsetBytes();
      try {
        receiveOnce(source, upload);
        return;
      } catch (ConnectionFailure failure) {
        boolean worthwhile = upload.offsetBytes() - before >= WORTHWHILE_BYTES;
        if (worthwhile) {
          tried = 1;
        } else if (tried >= patience.attempts()) {
          throw surrender(source, upload, failure);
        } else {
          tried++;
        }
        meter.step("Retrying");
        patience.pause(tried, failure);
      }
    }
  }

  private ImageException surrender(
      Session source, BlobStore.Upload upload, ConnectionFailure failure) {
    return new ImageException(
        ImageException.Kind.UNAVAILABLE,
        "pulling "
            + what
            + " from "
            + source.endpoint()
            + " stopped after "
            + upload.offsetBytes()
            + " of "
            + blob.sizeBytes()
            + " bytes: "
            + Reply.words(failure)
            + "; tried "
            + patience.attempts()
            + " times. What has come is kept: pull again to continue there",
        failure);
  }

  private void receiveOnce(Session source, BlobStore.Upload upload)
      throws ConnectionFailure, IOException {
    if (upload.offsetBytes() > blob.sizeBytes()) {
      upload.restart();
    }
    if (upload.offsetBytes() == blob.sizeBytes()) {
      return;
    }
    long offset = upload.offsetBytes();
    Session.Call call =
        Session.Call.of("GET", source.at("blobs/" + blob.digest()))
            // Digests are of the bytes as stored; a helpful proxy must not compress them again.
            .with("Accept-Encoding", "identity");
    try (Reply reply =
        source.send(offset == 0 ? call : call.with("Range", "bytes=" + offset + "-"))) {
      switch (reply.status()) {
        case 200 -> {
          if (offset > 0) {
            upload.restart();
          }
        }
        case 206 -> requireRangeFrom(reply, upload);
        case 416 -> {
          upload.restart();
          throw ConnectionFailure.broken("the registry cannot continue at byte " + offset);
        }
        default -> throw Refusal.of(reply, "pulling " + what + " from " + source.endpoint());
      }
      receiveBody(reply, upload);
    }
  }

  private void requireRangeFrom(Reply reply, BlobStore.Upload upload)
      throws ConnectionFailure, IOException {
    long offset = upload.offsetBytes();
    Matcher range = CONTENT_RANGE.matcher(reply.header("Content-Range").orElse(""));
    if (offset == 0 || !range.matches() || Long.parseLong(range.group(1)) != offset) {
      upload.restart();
      throw ConnectionFailure.broken(
          "the registry was asked for the bytes from " + offset + " and sent others");
    }
    String whole = range.group(3);
    if (!whole.equals("*") && Long.parseLong(whole) != blob.sizeBytes()) {
      throw wrongSize(upload, "says it has " + whole);
    }
  }

  private void receiveBody(Reply reply, BlobStore.Upload upload)
      throws ConnectionFailure, IOException {
    long missing = blob.sizeBytes() - upload.offsetBytes();
    if (reply.length().filter(length -> length != missing).isPresent()) {
      throw wrongSize(upload, "would send " + reply.length().get() + " more");
    }
    byte[] buffer = new byte[128 * 1024];
    int count = reply.read(buffer);
    while (count >= 0) {
      if (count > blob.sizeBytes() - upload.offsetBytes()) {
        throw wrongSize(upload, "sends more");
      }
      upload.append(ByteBuffer.wrap(buffer, 0, count));
      meter.count("Downloading", upload.offsetBytes());
      count = reply.read(buffer);
    }
    if (upload.offsetBytes() < blob.sizeBytes()) {
      throw ConnectionFailure.broken(
          Endpoint.authority(reply.uri())
              + " ended after byte "
              + upload.offsetBytes()
              + " of "
              + blob.sizeBytes());
    }
  }

  private ImageException wrongSize(BlobStore.Upload upload, String fact) throws IOException {
    upload.restart();
    return new ImageException(
        ImageException.Kind.INVALID_ARGUMENT,
        what
            + " has "
            + blob.sizeBytes()
            + " bytes by its manifest, and the registry "
            + fact
            + "; the content is not what the manifest promises and was dropped");
  }
}
