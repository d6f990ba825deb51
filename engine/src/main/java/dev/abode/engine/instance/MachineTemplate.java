package dev.abode.engine.instance;

import java.time.Instant;

/**
 * A virtual machine that has booted and waits for a workload, saved; machines of its shape start
 * from it.
 *
 * @param id of the kernel, the agent and the hypervisor it was made with, and of its shape
 * @param kernel release
 * @param hypervisor in words
 * @param memoryBytes of the machine, its kernel's share included
 * @param layers for images of so many layers
 * @param sizeBytes on disk
 */
public record MachineTemplate(
    String id,
    String kernel,
    String hypervisor,
    long memoryBytes,
    int cpus,
    int layers,
    long sizeBytes,
    Instant created) {}
