/**
 * A small HTTP/1.1 server on stream sockets, a virtual thread a connection.
 *
 * <p>Why not a library: Docker's attach and exec take a connection over after a plain {@code 200}
 * that has neither length nor chunks, or after a {@code 101}, and from then on use it in both
 * directions with half-close. General servers have room for the second only. What is needed beside
 * that is little, and the bytes of a request pass through nothing else.
 *
 * <p>RFC 9112 is the reference. Framing that two readers could understand differently (both a
 * length and chunks, two lengths, folded headers) is refused.
 */
package dev.abode.docker.http;
