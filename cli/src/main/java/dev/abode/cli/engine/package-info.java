/** The process the engine runs in, and the verbs on it. */
package dev.abode.cli.engine;
