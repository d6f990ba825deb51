/** Instances and their life: the engine, its values and its failures. */
@SuppressWarnings("module") // the command is compiled after the engine
module dev.abode.engine {
  requires com.github.luben.zstd_jni;
  requires transitive dev.abode.image;
  requires dev.abode.init;
  requires dev.abode.linux;
  requires io.avaje.json;
  requires io.avaje.jsonb;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.abode.engine;
  exports dev.abode.engine.criu to
      dev.abode.cli;
  exports dev.abode.engine.explanation;
  exports dev.abode.engine.failure;
  exports dev.abode.engine.instance;
  exports dev.abode.engine.network;
}
