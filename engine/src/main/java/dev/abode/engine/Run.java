package dev.abode.engine;

import dev.abode.engine.launch.Workload;
import dev.abode.init.Shim;
import java.time.Instant;

/**
 * One run of an instance, from the start of its workload to its end.
 *
 * @param number counts the runs this engine has seen of the instance, from 1
 * @param shim watches; signals go through it
 */
record Run(long number, Workload workload, Shim shim, Instant startedAt) {}
