package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LimitsOf;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.MachineCase;
import dev.abode.engine.testing.TestEngine;
import java.util.List;
import java.util.Optional;
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

  @Test
  void whoUsesAllMemoryOfTheFirstMachineOfATemplateIsEndedByItsOwnKernel() throws Exception {
    // Larger than what hypervisors are allowed for themselves, and of no other test's shape.
    Limits large = LimitsOf.memory(384L << 20);
    engine.warm(alpine, large);
    Instance instance = run(shell("exec tail /dev/zero").limits(large));

    InstanceState state = instance.await(WaitCondition.NOT_RUNNING);

    assertThat(state.error()).isEmpty();
    assertThat(state.oomKilled()).isTrue();
    assertThat(state.exitCode()).isEqualTo(137);
  }

  @Test
  void itsMemoryIsChangedWithinWhatItWasMadeWith() throws Exception {
    Instance instance = run(shell("echo ready; sleep 1000"));
    TestEngine.awaitLine(instance, "ready");
    long made = instance.stats().memoryLimitBytes();
    long host = instance.stats().hypervisor().orElseThrow().memoryLimitBytes();

    instance.update(LimitsOf.memoryAndSwap(made / 2, made / 2), Optional.empty());
    assertThat(instance.stats().memoryLimitBytes()).isEqualTo(made / 2);
    assertThat(instance.stats().hypervisor().orElseThrow().memoryLimitBytes()).isEqualTo(host);
    assertThatThrownBy(
            () -> instance.update(LimitsOf.memoryAndSwap(2 * made, 2 * made), Optional.empty()))
        .hasMessageContaining("was made with " + made / (1 << 20) + " MiB");
    assertThat(instance.stats().memoryLimitBytes()).isEqualTo(made / 2);

    instance.update(LimitsOf.memoryAndSwap(made, made), Optional.empty());
    assertThat(instance.stats().memoryLimitBytes()).isEqualTo(made);
  }

  @Test
  void aMomentAfterItsMemoryWasChangedIsOfTheMachineAsItWasMade() throws Exception {
    Instance instance = run(shell("echo kept > /dev/shm/memory; echo ready; sleep 1000"));
    TestEngine.awaitLine(instance, "ready");
    long made = instance.stats().memoryLimitBytes();
    long host = instance.stats().hypervisor().orElseThrow().memoryLimitBytes();
    instance.update(LimitsOf.memoryAndSwap(made / 2, made / 2), Optional.empty());

    assertThat(instance.snapshot(Optional.of("moment")).running()).isTrue();
    Instance clone = instance.cloneFrom(Optional.of("moment"), Optional.of("second"));
    instance.update(LimitsOf.memoryAndSwap(made, made), Optional.empty());
    instance.restore(Optional.of("moment"));

    for (Instance one : List.of(instance, clone)) {
      assertThat(printed(one, "cat /dev/shm/memory")).isEqualTo("kept\n");
      assertThat(one.stats().hypervisor().orElseThrow().memoryLimitBytes()).isEqualTo(host);
    }
    // As it is defined now; the clone as the original was defined then.
    assertThat(instance.stats().memoryLimitBytes()).isEqualTo(made);
    assertThat(clone.stats().memoryLimitBytes()).isEqualTo(made / 2);
    clone.update(LimitsOf.memoryAndSwap(made, made), Optional.empty());
    assertThat(clone.snapshot(Optional.empty()).running()).isTrue();
    engine = test.reopen();
    Instance adopted = engine.instance("second");
    adopted.update(LimitsOf.memoryAndSwap(made / 2, made / 2), Optional.empty());
    assertThat(adopted.snapshot(Optional.empty()).running()).isTrue();
  }
}
