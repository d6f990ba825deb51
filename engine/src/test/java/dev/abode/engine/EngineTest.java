package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.EngineCase;
import dev.abode.engine.testing.TestEngine;
import org.junit.jupiter.api.Test;

class EngineTest extends EngineCase {
  @Test
  void runsAnImage() throws Exception {
    Instance instance =
        engine.create(InstanceSpec.of(alpine, "sh", "-c", "echo hello; id; exit 3"));
    instance.start();
    assertThat(instance.await(WaitCondition.NOT_RUNNING).exitCode()).isEqualTo(3);
    assertThat(TestEngine.log(instance)).contains("hello\n", "uid=0(root)");
    assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.EXITED);
    instance.remove(false, false);
    assertThat(engine.instances()).isEmpty();
  }
}
