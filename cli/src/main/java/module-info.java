/** The {@code abode} command: what people type, and the process the engine runs in. */
module dev.abode.cli {
  requires static org.jspecify;
  requires dev.abode.docker;
  requires dev.abode.engine;
  requires dev.abode.image;
  requires dev.abode.linux;
  requires io.avaje.json;
  requires java.logging;
  requires jdk.unsupported;
}
