/**
 * Control groups, v1, hybrid and v2, {@code cgroups(7)}: where an instance's groups are, what their
 * limits and devices are, what they use, how they are frozen, killed and removed.
 *
 * <p>Every instance has the group {@code /abode/ID} in each hierarchy that the engine needs. The
 * process that will become the workload joins them itself, by steps of its launch plan.
 */
package dev.abode.engine.cgroup;
