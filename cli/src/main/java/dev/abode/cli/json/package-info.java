/**
 * JSON as a tree, for a client that shows whatever an engine answers, fields it never heard of
 * included.
 */
package dev.abode.cli.json;
