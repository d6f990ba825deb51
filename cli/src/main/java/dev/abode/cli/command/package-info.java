/**
 * What every verb of the command has and gets: a syntax, and a session with streams and an engine.
 */
package dev.abode.cli.command;
