package dev.abode.engine;

import dev.abode.engine.instance.InstanceStatus;
import java.io.IOException;

/** Freezes a workload, and lets it go on. The caller has the instance to itself. */
final class Pausing {
  private Pausing() {}

  static void pause(LiveInstance instance) throws IOException {
    String id = instance.id();
    switch (instance.now().status()) {
      case RUNNING -> {}
      case PAUSED -> throw instance.conflict("container " + id + " is already paused");
      case RESTARTING ->
          throw instance.conflict("container " + id + " is restarting, wait until it is running");
      case CREATED, EXITED, REMOVING, DEAD ->
          throw instance.conflict("container " + id + " is not running");
    }
    instance.site.walls().freeze(id);
    if (instance.state().changeStatus(InstanceStatus.RUNNING, InstanceStatus.PAUSED)) {
      instance.publish("pause");
    }
  }

  static void unpause(LiveInstance instance) throws IOException {
    if (instance.now().status() != InstanceStatus.PAUSED) {
      throw instance.conflict("container " + instance.id() + " is not paused");
    }
    thaw(instance);
  }

  /** Lets a paused workload go on; needs no lock, since a signal to it does not wait for one. */
  static void thaw(LiveInstance instance) throws IOException {
    instance.site.walls().thaw(instance.id());
    if (instance.state().changeStatus(InstanceStatus.PAUSED, InstanceStatus.RUNNING)) {
      instance.publish("unpause");
    }
  }
}
