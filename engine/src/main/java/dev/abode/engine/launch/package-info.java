/**
 * From an instance's record to its workload: which walls, what they need, and the words for what
 * goes wrong while they are raised.
 */
package dev.abode.engine.launch;
