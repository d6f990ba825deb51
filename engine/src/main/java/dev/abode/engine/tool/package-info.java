/** Programs of the host that the engine runs for a moment: found, bounded in time, explained. */
package dev.abode.engine.tool;
