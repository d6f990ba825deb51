/** The verbs on containers. */
package dev.abode.cli.container;
