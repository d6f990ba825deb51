/** The {@code abode} command: what people type, and the process the engine runs in. */
module dev.abode.cli {
  requires static org.jspecify;
  requires dev.abode.linux;
  requires info.picocli;
}
