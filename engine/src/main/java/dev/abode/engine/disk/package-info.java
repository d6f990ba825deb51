/** The disks of virtual machines: a read-only one for each layer, and one of an instance's own. */
package dev.abode.engine.disk;
