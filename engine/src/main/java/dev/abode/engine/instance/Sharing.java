package dev.abode.engine.instance;

/**
 * Which namespaces an instance shares, and with whom.
 *
 * @param user private means a range of ids of its own, root inside being nobody outside
 */
public record Sharing(With pid, With ipc, With uts, With user, With cgroup) {
  public static final Sharing PRIVATE =
      new Sharing(
          new With.Nobody(),
          new With.Nobody(),
          new With.Nobody(),
          new With.Nobody(),
          new With.Nobody());

  /** With whom a namespace is shared. */
  public sealed interface With {
    record Nobody() implements With {}

    record Host() implements With {}

    /** The namespace of another, running instance. */
    record Instance(String nameOrId) implements With {}
  }
}
