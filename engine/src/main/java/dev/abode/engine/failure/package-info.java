/** How the engine says that something cannot be done. */
package dev.abode.engine.failure;
