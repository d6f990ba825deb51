package dev.abode.engine.network;

import java.util.Optional;

/**
 * That an instance belongs to a network, running or not.
 *
 * @param networkName as the network is called today
 * @param networkId empty when there is no such network any more
 * @param spec as asked for
 * @param endpoint while it runs
 */
public record Connection(
    String networkName, String networkId, EndpointSpec spec, Optional<Endpoint> endpoint) {}
