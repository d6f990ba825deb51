package dev.abode.image;

import dev.abode.linux.FileTree;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

/** Makes images out of layers: stores the layer, the configuration and the manifest. */
final class ImageWriter {
  private final BlobFolder.Lease blobs;
  private final UnpackLimits limits;

  ImageWriter(BlobFolder.Lease blobs, UnpackLimits limits) {
    this.blobs = blobs;
    this.limits = limits;
  }

  /** A layer in the store. */
  record Layer(Descriptor descriptor, DiffId diffId) {}

  /** Stores a tar as a layer, packed as it came. */
  Layer layer(InputStream tar) throws IOException {
    Descriptor stored = blobs.put("", tar, Math.min(limits.totalBytes(), blobs.roomBytes()));
    try (InputStream content =
        new BufferedInputStream(Files.newInputStream(blobs.path(stored.digest())), 128 * 1024)) {
      Compression.Detected detected = Compression.detect(content);
      MessageDigest hasher = BlobFolder.hasher("sha256");
      InputStream unpacked =
          new BoundedInput(
              new DigestInputStream(detected.unpacked(), hasher),
              () -> limits.bytesFor(stored.sizeBytes()));
      unpacked.transferTo(OutputStream.nullOutputStream());
      return new Layer(
          new Descriptor(
              ManifestWriter.layerType(detected.compression()),
              stored.digest(),
              stored.sizeBytes()),
          new DiffId(BlobFolder.digest(hasher)));
    } catch (IOException e) {
      throw TreeArchive.translated(e);
    }
  }

  /** Stores an overlay upper directory as a gzip-compressed layer. */
  Layer layer(Path upperDirectory) throws IOException {
    MessageDigest hasher = BlobFolder.hasher("sha256");
    try (FileTree upper = FileTree.open(upperDirectory)) {
      Descriptor stored =
          blobs.write(
              ManifestWriter.layerType(Compression.GZIP),
              limits.totalBytes(),
              out -> {
                GZIPOutputStream packed = new GZIPOutputStream(out, 64 * 1024);
                TreeArchive.writeLayer(
                    upper,
                    new BufferedOutputStream(new DigestOutputStream(packed, hasher), 64 * 1024));
                packed.finish();
              });
      return new Layer(stored, new DiffId(BlobFolder.digest(hasher)));
    }
  }

  /**
   * Stores an image's configuration and manifest.
   *
   * @param parent the document the configuration is based on
   * @return the manifest
   */
  Descriptor image(ImageConfig config, Optional<JsonObject> parent, List<Descriptor> layers)
      throws IOException {
    byte[] document = ConfigDocument.write(config, parent);
    Descriptor stored =
        blobs.put(Manifest.OCI_CONFIG, new ByteArrayInputStream(document), Manifest.MOST_BYTES);
    byte[] manifest = ManifestWriter.write(stored, layers);
    return blobs.put(
        Manifest.OCI_MANIFEST, new ByteArrayInputStream(manifest), Manifest.MOST_BYTES);
  }
}
