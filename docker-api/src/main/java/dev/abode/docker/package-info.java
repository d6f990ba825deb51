/**
 * The Docker Engine API: what {@code docker}, compose, docker-java and others speak, answered by an
 * {@link dev.abode.engine.Engine}. {@link dev.abode.docker.DockerApi} is the door.
 *
 * <p>A request passes the connection ({@code http}), the table of routes ({@code route}) and one
 * handler in the package of its capability, which reads JSON into the engine's own values, calls
 * the engine, and writes its values as Docker's documents. Failures become statuses in one place,
 * {@code failure.Failure}.
 */
package dev.abode.docker;
