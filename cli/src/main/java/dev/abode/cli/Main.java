package dev.abode.cli;

/** The {@code abode} command. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.out.println("abode version 0.1.0");
  }
}
