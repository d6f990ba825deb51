package dev.abode.engine.testing;

import dev.abode.engine.instance.Isolation;
import org.junit.jupiter.api.Tag;

/** The same with virtual machines. */
@Tag("slow")
public abstract class MachineCase extends EngineCase {
  @Override
  protected final Isolation isolation() {
    return Isolation.VM;
  }
}
