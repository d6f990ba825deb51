package dev.abode.engine.instance;

/** What the walls of an instance are made of. */
public enum Isolation {
  /** Namespaces and control groups on the shared kernel. */
  CONTAINER,
  /** A hypervisor and a kernel of its own. */
  VM
}
