/** Images: references, registries, the content store, layers and their unpacked form. */
module dev.abode.image {
  requires transitive dev.abode.linux;
  requires com.github.luben.zstd_jni;
  requires io.avaje.jsonb;
  requires java.net.http;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.abode.image;
  exports dev.abode.image.registry;
  exports dev.abode.image.tar;

  provides io.avaje.jsonb.spi.JsonbExtension with
      dev.abode.image.registry.RegistryJsonComponent;
}
