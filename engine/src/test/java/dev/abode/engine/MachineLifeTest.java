package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.testing.MachineCase;
import dev.abode.engine.testing.TestEngine;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The life of virtual machines, started warm. */
@Tag("slow")
class MachineLifeTest extends LifeContract {
  @Override
  protected Isolation isolation() {
    return Isolation.VM;
  }

  @Override
  protected Limits limits() {
    return MachineCase.SMALL;
  }

  @Test
  void whatItCostsTheHostIsToldApart() throws Exception {
    Instance instance = run(shell("echo ready; sleep 1000"));
    TestEngine.awaitLine(instance, "ready");

    Stats stats = instance.stats();

    Stats.Hypervisor hypervisor = stats.hypervisor().orElseThrow();
    assertThat(hypervisor.memoryBytes()).isGreaterThan(stats.memoryBytes());
    assertThat(hypervisor.memoryLimitBytes()).isGreaterThan(stats.memoryLimitBytes());
    assertThat(hypervisor.tasks()).isPositive();
    assertThat(hypervisor.workloadCpu()).isPositive();
  }
}
