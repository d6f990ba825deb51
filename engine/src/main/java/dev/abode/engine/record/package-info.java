/**
 * What the engine writes down: the folders of an instance, and the records in them. A record is
 * replaced whole, so that a reader sees the old one or the new one.
 */
package dev.abode.engine.record;
