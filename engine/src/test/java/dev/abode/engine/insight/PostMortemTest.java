package dev.abode.engine.insight;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.Instance;
import dev.abode.engine.explanation.Diagnosis;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.HealthCheck;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.EngineCase;
import dev.abode.linux.testing.Eventually;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Real failures of real instances are told as what they are. */
class PostMortemTest extends EngineCase {
  private Instance create(String... command) throws Exception {
    return create(spec -> spec, command);
  }

  private Instance create(UnaryOperator<InstanceSpecBuilder> more, String... command)
      throws Exception {
    return engine.create(
        more.apply(InstanceSpec.builder(alpine).name("patient").command(List.of(command))).build());
  }

  private Diagnosis afterEnd(Instance instance) throws Exception {
    instance.start();
    instance.await(WaitCondition.NOT_RUNNING);
    return engine.diagnose("patient");
  }

  private Diagnosis afterFailedStart(Instance instance) throws Exception {
    assertThatThrownBy(instance::start).isInstanceOf(EngineException.class);
    return engine.diagnose("patient");
  }

  /** Puts a file into what the instance itself has written. */
  private void plant(Instance instance, String name, byte[] content, String mode) throws Exception {
    Path upper = instance.info().folder().resolve("upper");
    Files.createDirectories(upper);
    Path file = Files.write(upper.resolve(name), content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  @Test
  void whatNeverStartedIsSaidToBe() throws Exception {
    create("true");
    Diagnosis diagnosis = engine.diagnose("patient");
    assertThat(diagnosis.verdict()).contains("never started");
    assertThat(diagnosis.tries()).contains("abode start patient");
  }

  @Test
  void aStatusIsPutInWordsWithTheLastLines() throws Exception {
    Diagnosis diagnosis = afterEnd(create("sh", "-c", "echo one; echo two >&2; exit 3"));
    assertThat(diagnosis.verdict()).contains("ended", "with status 3");
    assertThat(diagnosis.lastLines()).containsExactlyInAnyOrder("one", "two");
    assertThat(diagnosis.findings()).anyMatch(f -> f.contains("only the program itself"));
  }

  @Test
  void aCommandThatTheShellDoesNotFindIsNamed() throws Exception {
    Diagnosis diagnosis = afterEnd(create("sh", "-c", "no-such-command"));
    assertThat(diagnosis.verdict()).contains("127");
    assertThat(diagnosis.lastLines()).anyMatch(line -> line.contains("no-such-command"));
    assertThat(diagnosis.findings()).anyMatch(f -> f.contains("did not find the command"));
  }

  @Test
  void aShellWithoutInputIsRecognised() throws Exception {
    Diagnosis diagnosis = afterEnd(create("sh"));
    assertThat(diagnosis.tries()).anyMatch(trial -> trial.contains("-it"));
  }

  @Test
  void lackOfMemoryIsToldWithLimitAndPeak() throws Exception {
    Limits limits = Limits.builder().memoryBytes(16 << 20).memorySwapBytes(16 << 20).build();
    Diagnosis diagnosis =
        afterEnd(
            create(spec -> spec.limits(limits), "sh", "-c", "exec tail -c 200000000 /dev/zero"));
    assertThat(diagnosis.verdict()).contains("SIGKILL");
    assertThat(diagnosis.findings())
        .anyMatch(
            finding ->
                finding.contains("lack of memory")
                    && finding.contains("reached 16 MiB of a limit of 16 MiB"));
    assertThat(diagnosis.tries()).anyMatch(trial -> trial.contains("update -m 32m"));
  }

  @Test
  void whoSentASignalIsTold() throws Exception {
    Instance instance = create("sleep", "1000");
    instance.start();
    instance.stop(Optional.of(Duration.ZERO), Optional.empty());
    assertThat(engine.diagnose("patient").findings())
        .anyMatch(finding -> finding.contains("asked to stop (SIGTERM)"));

    instance.start();
    instance.kill("KILL");
    instance.await(WaitCondition.NOT_RUNNING);
    assertThat(engine.diagnose("patient").findings())
        .anyMatch(finding -> finding.contains("from the engine, on behalf of a kill"));

    instance.start();
    ProcessHandle.of(instance.info().state().pid()).orElseThrow().destroyForcibly();
    instance.await(WaitCondition.NOT_RUNNING);
    assertThat(engine.diagnose("patient").findings())
        .anyMatch(finding -> finding.contains("The engine did not send that signal"));
  }

  @Test
  void aMissingProgramIsLookedForAndItsNeighbourNamed() throws Exception {
    Diagnosis diagnosis = afterFailedStart(create("bash"));
    assertThat(diagnosis.verdict()).contains("could not be started");
    assertThat(diagnosis.findings()).anyMatch(f -> f.contains("no bash in any folder of its PATH"));
    assertThat(diagnosis.tries()).anyMatch(trial -> trial.contains("use sh instead of bash"));
  }

  @Test
  void aSentenceThatWasTakenForAProgramIsRecognised() throws Exception {
    assertThat(afterFailedStart(create("echo hello")).findings())
        .anyMatch(finding -> finding.contains("name of one program, spaces included"));
  }

  @Test
  void aScriptWhoseInterpreterIsMissingIsToldFromOneWithWindowsLineEndings() throws Exception {
    Instance script = create("/run.py");
    plant(script, "run.py", "#!/usr/bin/python9\n".getBytes(UTF_8), "rwxr-xr-x");
    assertThat(afterFailedStart(script).findings())
        .anyMatch(finding -> finding.contains("no /usr/bin/python9"));
    script.remove(true, true);

    Instance windows = create("/run.sh");
    plant(windows, "run.sh", "#!/bin/sh\r\necho hi\r\n".getBytes(UTF_8), "rwxr-xr-x");
    assertThat(afterFailedStart(windows).findings())
        .anyMatch(finding -> finding.contains("Windows line endings"));
  }

  @Test
  void aProgramWithoutPermissionOrFormIsTold() throws Exception {
    Instance closed = create("/run.sh");
    plant(closed, "run.sh", "#!/bin/sh\n".getBytes(UTF_8), "rw-r--r--");
    assertThat(afterFailedStart(closed).findings())
        .anyMatch(finding -> finding.contains("no execute permission (mode 0644)"));
    closed.remove(true, true);

    Instance text = create("/run.sh");
    plant(text, "run.sh", "echo hi\n".getBytes(UTF_8), "rwxr-xr-x");
    assertThat(afterFailedStart(text).findings())
        .anyMatch(finding -> finding.contains("neither a binary nor a script"));
  }

  @Test
  void aBinaryForAnotherMachineOrAnotherLibraryIsTold() throws Exception {
    byte[] binary = elf(183, "/lib/ld-linux-aarch64.so.1");
    Instance foreign = create("/program");
    plant(foreign, "program", binary, "rwxr-xr-x");
    assertThat(afterFailedStart(foreign).findings())
        .anyMatch(finding -> finding.contains("is built for arm64, and this machine is"));
    foreign.remove(true, true);

    // Any dynamic program of this host, whose loader Alpine has not.
    Instance glibc = create("/program");
    plant(glibc, "program", Files.readAllBytes(Path.of("/usr/bin/true")), "rwxr-xr-x");
    assertThat(afterFailedStart(glibc).findings())
        .anyMatch(finding -> finding.contains("dynamic loader /lib") && finding.contains("glibc"));
  }

  /** The least of an ELF file that names a machine and a loader. */
  private static byte[] elf(int machine, String loader) {
    ByteBuffer file = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    file.put(0, new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    file.putShort(16, (short) 2).putShort(18, (short) machine).putInt(20, 1);
    file.putLong(32, 64).putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) 1);
    byte[] path = (loader + "\0").getBytes(UTF_8);
    file.putInt(64, 3).putLong(72, 128).putLong(96, path.length);
    file.put(128, path);
    return file.array();
  }

  @Test
  void hostileBinariesAreReadWithoutHarm() {
    byte[] hostile = elf(62, "/lib/ld.so");
    ByteBuffer.wrap(hostile).order(ByteOrder.LITTLE_ENDIAN).putLong(72, Long.MAX_VALUE - 3);
    assertThat(ElfHead.of(hostile).loader()).isEmpty();
    ByteBuffer.wrap(hostile).order(ByteOrder.LITTLE_ENDIAN).putLong(32, Long.MAX_VALUE - 3);
    assertThat(ElfHead.of(hostile).loader()).isEmpty();
  }

  @Test
  void aFailingHealthCheckIsToldWithItsOutput() throws Exception {
    HealthCheck check =
        new HealthCheck(
            List.of("CMD-SHELL", "echo no answer from port 80; exit 1"),
            Duration.ofMillis(50),
            Duration.ofSeconds(5),
            Duration.ZERO,
            Duration.ZERO,
            1);
    Instance instance = create(spec -> spec.health(check), "sleep", "1000");
    instance.start();
    Eventually.until(
        "it is found unhealthy",
        () ->
            instance.info().state().health().orElseThrow().status()
                == InstanceState.HealthStatus.UNHEALTHY);
    Diagnosis diagnosis = engine.diagnose("patient");
    assertThat(diagnosis.verdict()).contains("runs");
    assertThat(diagnosis.findings())
        .anyMatch(finding -> finding.contains("health check failed"))
        .anyMatch(finding -> finding.contains("no answer from port 80"));
  }

  @Test
  void aSpentRestartPolicyIsTold() throws Exception {
    RestartPolicy policy = new RestartPolicy(RestartPolicy.Mode.ON_FAILURE, 2);
    Instance instance = create(spec -> spec.restart(policy), "sh", "-c", "exit 9");
    instance.start();
    while (instance.info().state().status() != InstanceStatus.EXITED) {
      instance.await(WaitCondition.NOT_RUNNING);
    }
    assertThat(engine.diagnose("patient").findings())
        .anyMatch(finding -> finding.contains("started it again 2 times"))
        .anyMatch(finding -> finding.contains("as often as the policy allows"));
  }

  @Test
  void whatAProgramSaidIsUnderstood() throws Exception {
    Instance instance = create(spec -> spec.readOnlyRootfs(true), "sh", "-c", "echo x >/file");
    assertThat(afterEnd(instance).findings())
        .anyMatch(finding -> finding.contains("Read-only") || finding.contains("read-only"));
  }
}
