/** Launch plans, and the small native program that plays them. */
module dev.abode.init {
  requires transitive dev.abode.linux;
  requires static org.jspecify;

  exports dev.abode.init;
}
