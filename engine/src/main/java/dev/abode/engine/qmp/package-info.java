/** The QEMU machine protocol: what a running hypervisor is told, and what it says. */
package dev.abode.engine.qmp;
