package dev.abode.cli;

/** What a JVM does while its AOT cache is made: the work that later starts should find prepared. */
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] arguments) {
    Main.main(new String[] {"--version"});
  }
}
