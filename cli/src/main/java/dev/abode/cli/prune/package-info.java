/** Removing what nobody uses. */
package dev.abode.cli.prune;
