package dev.abode.engine;

import dev.abode.engine.bridge.BridgeNetworks;
import dev.abode.engine.event.EventLog;
import dev.abode.engine.launch.Walls;
import dev.abode.engine.log.LogWatch;
import dev.abode.engine.record.Folders;
import dev.abode.engine.record.LateSync;
import dev.abode.image.Images;
import dev.abode.init.ShimBinary;
import java.util.concurrent.atomic.AtomicBoolean;

/** What all instances of an engine share. */
record Site(
    Folders folders,
    Images images,
    ShimBinary shims,
    Walls walls,
    EventLog events,
    LogWatch logWatch,
    IdRanges ids,
    BridgeNetworks networks,
    NameService names,
    Catalog catalog,
    Volumes volumes,
    Deletions deletions,
    LateSync lateSync,
    AtomicBoolean closing) {

  /** Whether the engine is being closed: workloads go on, and nothing is begun for them. */
  boolean isClosing() {
    return closing.get();
  }
}
