package dev.abode.engine.network;

/**
 * A port of the host that leads to an instance that runs.
 *
 * @param port of the instance
 * @param hostAddress {@code 0.0.0.0} or {@code ::} for all of the family
 * @param hostPort 1 to 65,535
 */
public record PublishedPort(Port port, IpAddress hostAddress, int hostPort) {}
