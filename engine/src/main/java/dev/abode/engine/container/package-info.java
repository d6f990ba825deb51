/**
 * What a container is in the kernel's own words: from an instance's record, its image's
 * configuration and the ground prepared for it, the {@link dev.abode.init.LaunchPlan} of its
 * workload, of a further process in it, and of a holder of its root file system.
 *
 * <p>The plans are pure values made from values; the few readers of the host are named as such
 * ({@link HostFacts#read}, {@link HostDevices}, {@link BindSources}).
 */
package dev.abode.engine.container;
