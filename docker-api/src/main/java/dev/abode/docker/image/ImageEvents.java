package dev.abode.docker.image;

import dev.abode.engine.Engine;
import dev.abode.image.Digest;
import dev.abode.image.Image;
import dev.abode.image.Images;
import dev.abode.image.Reference;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells those who listen to events what happened to images, in Docker's words. */
final class ImageEvents {
  private final Engine engine;

  ImageEvents(Engine engine) {
    this.engine = engine;
  }

  /** Something that goes by the name in a registry: {@code pull} and {@code push}. */
  void transferred(String action, Reference name, Image image) {
    Map<String, String> attributes = new LinkedHashMap<>(image.config().labels());
    attributes.put("name", name.familiarName());
    engine.publish("image", action, name.familiar(), attributes);
  }

  /** Something that was done to an image here, under a name. */
  void done(String action, Image image, String name) {
    Map<String, String> attributes = new LinkedHashMap<>(image.config().labels());
    attributes.put("name", name);
    engine.publish("image", action, image.id().toString(), attributes);
  }

  /**
   * A name that is gone, or an image.
   *
   * @param of the image whose name it was
   */
  void removed(Images.Removed removed, Digest of) {
    switch (removed) {
      case Images.Removed.Untagged _ ->
          engine.publish("image", "untag", of.toString(), Map.of("name", of.toString()));
      case Images.Removed.Deleted deleted ->
          engine.publish(
              "image", "delete", deleted.id().toString(), Map.of("name", deleted.id().toString()));
    }
  }
}
