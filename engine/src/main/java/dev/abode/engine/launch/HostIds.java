package dev.abode.engine.launch;

/** Hands out ranges of 65,536 ids of the host, one for each user namespace. */
public interface HostIds {
  /** The first id of a range that nobody has. */
  long take();

  void release(long firstId);
}
