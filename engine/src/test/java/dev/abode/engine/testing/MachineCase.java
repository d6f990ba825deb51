package dev.abode.engine.testing;

import dev.abode.engine.Attachment;
import dev.abode.engine.Instance;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Isolation;
import org.junit.jupiter.api.Tag;

/** The same with virtual machines, of a kernel that is fetched once for all such classes. */
@Tag("slow")
public abstract class MachineCase extends EngineCase {
  @Override
  final void provide(TestEngine opened) throws Exception {
    SharedKernel.provide(opened.root().resolve("machines/kernels"));
  }

  @Override
  protected final InstanceSpecBuilder shell(String line) {
    return super.shell(line).isolation(Isolation.VM);
  }

  /** What a further shell in an instance prints. */
  protected static String printed(Instance instance, String line) throws Exception {
    try (Attachment output = instance.exec(ExecSpec.of("sh", "-c", line)).start()) {
      return TestEngine.read(output);
    }
  }
}
