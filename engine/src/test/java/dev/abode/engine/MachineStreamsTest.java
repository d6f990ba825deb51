package dev.abode.engine;

import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LimitsOf;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The streams of virtual machines, started warm. */
@Tag("slow")
class MachineStreamsTest extends StreamsContract {
  private static final Limits SMALL = LimitsOf.memory(64L << 20);

  @BeforeAll
  void warm() throws Exception {
    engine.warm(alpine, SMALL);
  }

  @Override
  protected Isolation isolation() {
    return Isolation.VM;
  }

  @Override
  protected InstanceSpecBuilder program(String... command) {
    return super.program(command).limits(SMALL);
  }

  /** As much as a processor that is emulated writes in some seconds. */
  @Override
  long largeLogBytes() {
    return 64L << 20;
  }
}
