/**
 * The words for networks: addresses and subnets, what is asked of a network or of an endpoint, and
 * what there is. Values only.
 *
 * <p>A <em>network</em> is a bridge on this host with one subnet an address family. An
 * <em>endpoint</em> is the place of one running instance in one network: an interface with its
 * addresses. A <em>published port</em> is a port of the host that leads to one of an instance.
 */
package dev.abode.engine.network;
