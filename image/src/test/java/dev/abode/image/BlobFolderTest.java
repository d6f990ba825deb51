package dev.abode.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BlobFolderTest {
  private static final byte[] CONTENT = "some content".getBytes(StandardCharsets.US_ASCII);
  private static final Digest DIGEST = BlobFolder.digestOf(CONTENT);

  @TempDir Path folder;
  private BlobFolder blobs;

  @BeforeEach
  void open() throws IOException {
    blobs = BlobFolder.open(folder);
  }

  private void put(Digest digest, long size, byte[] content) throws IOException {
    blobs.put(digest, size, new ByteArrayInputStream(content));
  }

  private static byte[] changed(int index) {
    byte[] other = CONTENT.clone();
    other[index] ^= 1;
    return other;
  }

  @Test
  void whatIsPutIsThere() throws IOException {
    put(DIGEST, CONTENT.length, CONTENT);

    assertThat(blobs.size(DIGEST)).hasValue((long) CONTENT.length);
    assertThat(blobs.path(DIGEST)).hasBinaryContent(CONTENT);
    assertThat(folder.resolve("uploads")).isEmptyDirectory();
  }

  @Test
  void mismatchesLeaveNothing() {
    assertThatThrownBy(() -> put(DIGEST, CONTENT.length, changed(3)))
        .hasMessageContaining("damaged or replaced");
    assertThatThrownBy(() -> put(DIGEST, CONTENT.length + 1, CONTENT))
        .hasMessageContaining("ends 1 bytes too early");
    assertThatThrownBy(() -> put(DIGEST, CONTENT.length - 1, CONTENT))
        .hasMessageContaining("is longer than");

    assertThat(blobs.size(DIGEST)).isEmpty();
    assertThat(folder.resolve("uploads")).isEmptyDirectory();
    assertThatThrownBy(() -> blobs.open(DIGEST))
        .isInstanceOf(ImageException.class)
        .extracting(e -> ((ImageException) e).kind())
        .isEqualTo(ImageException.Kind.NOT_FOUND);
  }

  @Test
  void aTransferContinuesWhereItEndedEvenInAnotherProcess() throws IOException {
    try (BlobStore.Upload upload = blobs.resume(DIGEST, CONTENT.length)) {
      upload.append(ByteBuffer.wrap(CONTENT, 0, 5));
    }
    blobs = BlobFolder.open(folder);
    try (BlobStore.Upload upload = blobs.resume(DIGEST, CONTENT.length)) {
      assertThat(upload.offsetBytes()).isEqualTo(5);
      assertThat(upload.alreadyPresent()).isFalse();
      upload.append(ByteBuffer.wrap(CONTENT, 5, CONTENT.length - 5));
      upload.commit();
    }

    assertThat(blobs.path(DIGEST)).hasBinaryContent(CONTENT);
  }

  @Test
  void aDamagedBeginningIsFoundInTheEndAndForgotten() throws IOException {
    try (BlobStore.Upload upload = blobs.resume(DIGEST, CONTENT.length)) {
      upload.append(ByteBuffer.wrap(changed(2), 0, 5));
    }
    try (BlobStore.Upload upload = blobs.resume(DIGEST, CONTENT.length)) {
      upload.append(ByteBuffer.wrap(CONTENT, 5, CONTENT.length - 5));
      assertThatThrownBy(upload::commit).hasMessageContaining("damaged or replaced");
    }
    try (BlobStore.Upload upload = blobs.resume(DIGEST, CONTENT.length)) {
      assertThat(upload.offsetBytes()).isZero();
    }
  }

  @Test
  void moreThanAnnouncedIsRefusedAtOnce() throws IOException {
    try (BlobStore.Upload upload = blobs.resume(DIGEST, 4)) {
      assertThatThrownBy(() -> upload.append(ByteBuffer.wrap(CONTENT)))
          .hasMessageContaining("is longer than");
    }
  }

  @Test
  void oneWritesAndTheOthersFindItDone() throws Exception {
    byte[] large = new byte[300_000];
    new Random(5).nextBytes(large);
    Digest digest = BlobFolder.digestOf(large);
    AtomicInteger wrote = new AtomicInteger();
    List<Future<?>> writers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 16; i++) {
        writers.add(
            threads.submit(
                () -> {
                  try (BlobStore.Upload upload = blobs.resume(digest, large.length)) {
                    if (!upload.alreadyPresent()) {
                      wrote.incrementAndGet();
                      upload.append(ByteBuffer.wrap(large));
                      upload.commit();
                    }
                  }
                  return digest;
                }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    }
    assertThat(wrote).hasValue(1);
    assertThat(blobs.path(digest)).hasBinaryContent(large);
  }

  @Test
  void collectionSparesWhatIsKeptOrPinned() throws IOException {
    put(DIGEST, CONTENT.length, CONTENT);
    byte[] other = changed(0);
    Digest second = BlobFolder.digestOf(other);
    put(second, other.length, other);

    try (BlobFolder.Lease lease = blobs.lease()) {
      assertThat(lease.size(DIGEST)).isPresent();
      assertThat(blobs.collect(Set.of())).isEqualTo(other.length);
      assertThat(blobs.size(DIGEST)).isPresent();
    }
    assertThat(blobs.collect(Set.of(DIGEST))).isZero();
    assertThat(blobs.collect(Set.of())).isEqualTo(CONTENT.length);
    assertThat(blobs.size(DIGEST)).isEmpty();
  }

  @Test
  void sha512IsVerifiedToo() throws Exception {
    String hex =
        java.util.HexFormat.of()
            .formatHex(java.security.MessageDigest.getInstance("SHA-512").digest(CONTENT));
    Digest digest = new Digest("sha512", hex);

    put(digest, CONTENT.length, CONTENT);

    assertThat(Files.size(blobs.path(digest))).isEqualTo(CONTENT.length);
    assertThatThrownBy(() -> put(new Digest("sha512", "0".repeat(128)), CONTENT.length, CONTENT))
        .hasMessageContaining("damaged or replaced");
  }
}
