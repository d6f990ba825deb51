/**
 * Tells what a launch plan builds and what the kernel shows of it, and finds out why an instance
 * ended. Reads; changes nothing.
 */
package dev.abode.engine.insight;
