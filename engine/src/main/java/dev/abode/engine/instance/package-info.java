/**
 * Values about instances: what is asked for, what is so. No behaviour beyond validation, no I/O.
 */
package dev.abode.engine.instance;
