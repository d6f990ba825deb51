package dev.abode.engine.testing;

import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LimitsOf;
import org.junit.jupiter.api.Tag;

/** The same with virtual machines. */
@Tag("slow")
public abstract class MachineCase extends EngineCase {
  /** Enough for a shell. */
  public static final Limits SMALL = LimitsOf.memory(64L << 20);

  @Override
  protected final Isolation isolation() {
    return Isolation.VM;
  }
}
