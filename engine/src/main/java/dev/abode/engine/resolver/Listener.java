package dev.abode.engine.resolver;

/** Name service at one address, for one instance or one network's machines. */
public interface Listener extends AutoCloseable {
  /** Ends it. When this returns, nothing of it keeps the network namespace. Idempotent. */
  @Override
  void close();
}
