/**
 * Virtual machines: which hypervisor there is, what a machine is made of, and the two plans by
 * which it is born, one for the hypervisor on the host and one for the workload in the guest.
 */
package dev.abode.engine.machine;
