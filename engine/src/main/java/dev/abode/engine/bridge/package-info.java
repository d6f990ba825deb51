/**
 * Bridge networks in the kernel: which there are, whose addresses and host ports are whose, the
 * bridges, the interfaces of instances, and the one table of packet filter rules.
 *
 * <p>What lasts is in {@code root/networks}; what a running instance was given is in its run
 * folder, so it is forgotten with it, and found again by an engine that follows a killed one.
 */
package dev.abode.engine.bridge;
