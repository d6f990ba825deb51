/** The verbs on networks. */
package dev.abode.cli.network;
