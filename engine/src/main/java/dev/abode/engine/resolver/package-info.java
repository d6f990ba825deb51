/**
 * Names for instances. {@link dev.abode.engine.resolver.Resolver} answers what an instance asks: a
 * {@link dev.abode.engine.resolver.Zone} knows the neighbours, the host's name servers know the
 * rest of the world.
 *
 * <p>Messages are read and written as RFC 1035, section 4 has them, with EDNS of RFC 6891. What
 * goes upstream and comes back passes as the bytes it is, so record types this package has never
 * heard of pass as well.
 */
package dev.abode.engine.resolver;
