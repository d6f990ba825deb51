/** Joining the user's streams, terminal and signals to a workload's. */
package dev.abode.cli.terminal;
