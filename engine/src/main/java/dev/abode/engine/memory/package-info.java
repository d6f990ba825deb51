/** The memory of guests: taken from a hypervisor, kept in files, and shared between machines. */
package dev.abode.engine.memory;
