package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.init.LaunchPlan;
import dev.abode.init.MountFlag;
import dev.abode.init.Namespace;
import dev.abode.init.Propagation;
import dev.abode.init.ShimEvent;
import dev.abode.init.Step;
import dev.abode.init.Step.Missing;
import dev.abode.init.Step.Place;
import dev.abode.init.Supervision;
import dev.abode.linux.Errno;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every failure becomes a sentence of what was tried, on what, why it failed. */
class LaunchFailureTest {
  private static EngineException explain(Step step, int errno) {
    return explain(LaunchPlan.Phase.INSIDE, 0, errno, List.of(step));
  }

  private static EngineException explain(
      LaunchPlan.Phase phase, int index, int errno, List<Step> inside) {
    List<Step> steps = new java.util.ArrayList<>(inside);
    if (!(steps.getLast() instanceof Step.Execute)) {
      steps.add(new Step.Execute(List.of("true"), List.of()));
    }
    LaunchPlan plan =
        new LaunchPlan(
            new Supervision(
                false, 0, 0, false, false, Optional.empty(), Optional.empty(), Optional.empty()),
            List.of(),
            Set.of(Namespace.PID),
            List.of(),
            steps);
    return LaunchFailure.of(new ShimEvent.Failed(phase, index, errno), plan);
  }

  private static EngineException execute(String program, int errno) {
    return explain(new Step.Execute(List.of(program), List.of()), errno);
  }

  @Test
  void programsInDockersWords() {
    assertThat(execute("foo", Errno.ENOENT))
        .hasMessageContaining("exec: \"foo\": executable file not found in $PATH")
        .extracting(EngineException::kind)
        .isEqualTo(Kind.COMMAND_NOT_FOUND);
    assertThat(execute("/foo", Errno.ENOENT)).hasMessageContaining("no such file or directory");
    assertThat(execute("/foo", Errno.EACCES))
        .hasMessageContaining("permission denied")
        .extracting(EngineException::kind)
        .isEqualTo(Kind.COMMAND_NOT_EXECUTABLE);
    assertThat(execute("/foo", Errno.ENOEXEC))
        .hasMessageContaining("exec format error")
        .hasMessageContaining("another architecture");
    assertThat(execute("/foo", Errno.E2BIG)).hasMessageContaining("argument list too long");
    assertThat(execute("/foo", Errno.EIO)).hasMessageContaining("EIO");
  }

  @Test
  void groupsLimitsAndParameters() {
    Step join = new Step.WriteFile(Place.HOST, "/sys/fs/cgroup/pids/abode/i/cgroup.procs", "0");
    assertThat(explain(join, Errno.EINVAL)).hasMessageContaining("real time");
    assertThat(explain(join, Errno.ENOENT)).hasMessageContaining("removed it meanwhile");
    assertThat(explain(new Step.WriteFile(Place.ROOTFS, "/proc/sys/net/core/x", "9"), Errno.ENOENT))
        .hasMessageContaining("cannot set sysctl net.core.x to \"9\"");
    assertThat(
            explain(new Step.WriteFile(Place.HOST, "/proc/self/oom_score_adj", "-5"), Errno.EACCES))
        .hasMessageContaining("--oom-score-adj -5")
        .hasMessageContaining("CAP_SYS_RESOURCE");
  }

  @Test
  void mounts() {
    Step attach = new Step.Attach(0, Place.ROOTFS, "/data", Missing.MAKE_DIRECTORY);
    assertThat(explain(attach, Errno.ENOTDIR))
        .hasMessageContaining("cannot mount at /data")
        .hasMessageContaining("directory onto a file");
    Step detach =
        new Step.Detach(0, "/srv/x", true, true, Set.<MountFlag>of(), Propagation.PRIVATE);
    assertThat(explain(detach, Errno.ENOENT))
        .hasMessageContaining("/srv/x")
        .extracting(EngineException::kind)
        .isEqualTo(Kind.NOT_FOUND);
    assertThat(explain(new Step.Tolerated(attach), Errno.EROFS))
        .hasMessageContaining("read-only mount");
  }

  @Test
  void whatIsNoStep() {
    List<Step> none = List.of(new Step.PivotRoot());
    assertThat(explain(LaunchPlan.Phase.CLONE, 0, Errno.ENOSPC, none))
        .hasMessageContaining("max_user_namespaces")
        .extracting(EngineException::kind)
        .isEqualTo(Kind.EXHAUSTED);
    assertThat(explain(LaunchPlan.Phase.SHIM, 1, Errno.ENOSPC, none))
        .hasMessageContaining("log")
        .extracting(EngineException::kind)
        .isEqualTo(Kind.EXHAUSTED);
    assertThat(explain(LaunchPlan.Phase.INSIDE, 0, Errno.EINVAL, none))
        .hasMessageContaining("PivotRoot")
        .extracting(EngineException::kind)
        .isEqualTo(Kind.INTERNAL);
  }
}
