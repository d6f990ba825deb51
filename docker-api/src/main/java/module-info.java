/** The Docker Engine API on an engine. */
module dev.abode.docker {
  requires transitive dev.abode.engine;
  requires io.avaje.json;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.abode.docker;
  exports dev.abode.docker.command;
}
