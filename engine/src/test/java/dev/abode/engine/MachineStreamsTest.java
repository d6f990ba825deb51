package dev.abode.engine;

import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.testing.MachineCase;
import org.junit.jupiter.api.Tag;

/** The streams of virtual machines, started warm. */
@Tag("slow")
class MachineStreamsTest extends StreamsContract {
  @Override
  protected Isolation isolation() {
    return Isolation.VM;
  }

  @Override
  protected Limits limits() {
    return MachineCase.SMALL;
  }

  /** As much as a processor that is emulated writes in some seconds. */
  @Override
  long largeLogBytes() {
    return 64L << 20;
  }
}
