/** The verbs on the engine as a whole. */
package dev.abode.cli.system;
