/** Bounds for waits that the kernel gives no time limit. */
package dev.abode.engine.patience;
