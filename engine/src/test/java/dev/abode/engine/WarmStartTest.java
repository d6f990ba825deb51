package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.LimitsOf;
import dev.abode.engine.instance.MachineTemplate;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.MachineCase;
import dev.abode.engine.testing.TestEngine;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Virtual machines that start from a saved one, with a real hypervisor. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WarmStartTest extends MachineCase {
  private Instance run(String line) throws Exception {
    return run(shell(line).limits(SMALL));
  }

  @Test
  @Order(1)
  void aTemplateIsMadeOnceAndTold() throws Exception {
    assertThat(engine.warm(alpine, SMALL)).isTrue();
    assertThat(engine.warm(alpine, SMALL)).isFalse();

    assertThat(engine.templates())
        .singleElement()
        .satisfies(
            template -> {
              assertThat(template.memoryBytes()).isEqualTo((64L + 96) << 20);
              assertThat(template.layers()).isEqualTo(1);
              assertThat(template.sizeBytes()).isBetween(20L << 20, 160L << 20);
              assertThat(template.kernel()).containsPattern("-(cloud-amd64|generic)$");
            });
    assertThat(test.run().toFile().list()).noneMatch(name -> name.matches("[0-9a-f]{16}"));
  }

  @Test
  @Order(2)
  void machinesStartedFromItAreWhatTheyWouldHaveBecome() throws Exception {
    String line =
        "cat /etc/hostname; head -c 16 /dev/urandom | md5sum; cat /proc/sys/kernel/random/uuid;"
            + " date +%s; echo kept > /file; cat /file; sleep 600";
    Instance one = run(line);
    Instance other = run(line);

    assertThat(commandLine(one)).contains("-incoming");
    List<String> first = TestEngine.awaitLines(one, 5);
    List<String> second = TestEngine.awaitLines(other, 5);
    assertThat(first.get(0)).isEqualTo(one.id().substring(0, 12));
    assertThat(second.get(0)).isEqualTo(other.id().substring(0, 12));
    assertThat(first.get(1)).isNotEqualTo(second.get(1));
    assertThat(first.get(2)).isNotEqualTo(second.get(2));
    assertThat(Long.parseLong(second.get(3)))
        .isCloseTo(System.currentTimeMillis() / 1000, Offset.offset(170L));
    assertThat(first.get(4)).isEqualTo("kept");

    one.restart(Optional.empty(), Optional.of("KILL"));
    assertThat(TestEngine.awaitLines(one, 10).get(9)).isEqualTo("kept");
  }

  private static String commandLine(Instance instance) throws Exception {
    return Files.readString(Path.of("/proc/" + instance.info().state().pid() + "/cmdline"));
  }

  @Test
  @Order(3)
  void aGuestThatStoodStillIsToldTheTimeByTheNextExec() throws Exception {
    Instance instance = run("sleep 600");
    instance.pause();
    // Its clock's counter wraps every 4.7 seconds, and each time goes unseen.
    Thread.sleep(Duration.ofSeconds(10));
    instance.unpause();

    long before = System.currentTimeMillis() / 1000;
    long there = Long.parseLong(printed(instance, "date +%s").strip());

    assertThat(there).isBetween(before - 2, System.currentTimeMillis() / 1000 + 2);
  }

  @Test
  @Order(4)
  void machinesInAnyNumberOfNetworksStartWarm() throws Exception {
    Instance alone =
        engine.create(
            shell("ls /sys/class/net; sleep 600")
                .limits(SMALL)
                .network(new NetworkMode.None())
                .build());

    assertThat(engine.warm(alpine, SMALL, 0)).isTrue();
    alone.start();

    assertThat(commandLine(alone)).contains("-incoming");
    assertThat(TestEngine.awaitLines(alone, 1)).containsExactly("lo");
    assertThatThrownBy(() -> engine.warm(alpine, SMALL, 32))
        .hasMessage("a virtual machine can be in 31 networks at most, not in 32");
    assertThatThrownBy(() -> engine.warm(alpine, LimitsOf.memory(1L << 50)))
        .hasMessageStartingWith("cannot warm up a machine of 1073741920 MiB: this host has ");
  }

  @Test
  @Order(5)
  void anotherShapeStartsColdAndLeavesATemplate() throws Exception {
    Instance instance =
        engine.create(
            InstanceSpec.builder(alpine)
                .isolation(Isolation.VM)
                .limits(LimitsOf.memory(65L << 20))
                .command(List.of("true"))
                .build());
    instance.start();
    assertThat(commandLineOrNothing(instance)).doesNotContain("-incoming");
    instance.await(WaitCondition.NOT_RUNNING);
    // It is made after the start, by a thread of the engine's own, and being made is being asked
    // for: this waits for that one, or makes it.
    engine.warm(alpine, LimitsOf.memory(65L << 20));

    assertThat(engine.templates()).extracting(MachineTemplate::memoryBytes).hasSize(3);
    assertThat(engine.pruneTemplates()).isPositive();
    assertThat(engine.templates()).isEmpty();
  }

  private static String commandLineOrNothing(Instance instance) throws Exception {
    try {
      return commandLine(instance);
    } catch (NoSuchFileException e) {
      return "";
    }
  }
}
