package dev.abode.engine.instance;

/** How an instance is connected. */
public sealed interface NetworkMode {
  /** Only the loopback interface of its own. */
  record None() implements NetworkMode {}

  /** The host's network itself. */
  record Host() implements NetworkMode {}

  /** The network of another, running instance. */
  record Instance(String nameOrId) implements NetworkMode {}

  /** Nothing was asked for: {@code none} until there are bridge networks. */
  record Unspecified() implements NetworkMode {}
}
