/** Docker's forms of a workload's streams on a connection: frames, raw bytes, detach keys. */
package dev.abode.docker.stream;
