/**
 * Reading the logs of instances. A log is written by the shim alone, as rows of frames in parts
 * that are rotated; here it is read while it grows.
 */
package dev.abode.engine.log;
