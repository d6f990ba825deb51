/** Command lines of the {@code abode} command that the engine's process runs for a client. */
package dev.abode.docker.command;
