package dev.abode.cli.command;

/** What this command is a version of. */
public final class Version {
  /** The project's version in the root {@code pom.xml}, which a test compares. */
  public static final String PRODUCT = "0.1.0";

  private Version() {}
}
