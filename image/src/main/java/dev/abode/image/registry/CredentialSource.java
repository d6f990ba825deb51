package dev.abode.image.registry;

import dev.abode.image.Credentials;

/** Knows what to introduce oneself with at a registry. */
public interface CredentialSource {
  /**
   * What to introduce oneself with at {@code registry}; {@link Credentials#ANONYMOUS} if nothing is
   * known.
   *
   * @param registry host and optional port, as in a reference
   */
  Credentials of(String registry);
}
