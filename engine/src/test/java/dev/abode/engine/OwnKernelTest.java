package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.MachineCase;
import dev.abode.engine.testing.TestEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a virtual machine has that no container has: a kernel, to use and to ruin. */
class OwnKernelTest extends MachineCase {
  private static final Security PRIVILEGED =
      new Security(
          true,
          List.of(),
          List.of(),
          false,
          new Security.SeccompChoice.Default(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          List.of(),
          Map.of());

  @Test
  void aWorkloadRunsOnAKernelOfItsOwn() throws Exception {
    Instance instance =
        run(shell("uname -r; cat /etc/hostname; id -u; echo err >&2; exit 3").hostname("house"));

    InstanceState state = instance.await(WaitCondition.NOT_RUNNING);

    assertThat(state.exitCode()).isEqualTo(3);
    assertThat(state.status()).isEqualTo(InstanceStatus.EXITED);
    assertThat(state.error()).isEmpty();
    assertThat(TestEngine.log(instance))
        .contains("-cloud-amd64\nhouse\n0\n")
        .contains("err\n")
        .doesNotContain(Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
  }

  @Test
  void aPanicIsReportedForWhatItIs() throws Exception {
    Instance instance =
        run(
            shell("echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger; sleep 100")
                .security(PRIVILEGED));
    InstanceState state = instance.await(WaitCondition.NOT_RUNNING);
    assertThat(state.error()).contains("Kernel panic");
  }
}
