/** System calls over {@code java.lang.foreign}, as values and exceptions a Java program expects. */
module dev.abode.linux {
  requires static org.jspecify;

  exports dev.abode.linux;
}
