package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.init.LaunchPlan;
import dev.abode.init.ShimEvent;
import dev.abode.init.Step;
import dev.abode.linux.Errno;
import java.util.List;

/** Why a launch failed, in a sentence: from the step that failed and its {@code errno}. */
public final class LaunchFailure {
  private static final int ETXTBSY = 26;
  private static final int ENOTSUP_NAMESPACE = 87; // EUSERS

  private LaunchFailure() {}

  /** What to throw for a launch of {@code plan} that ended with {@code failed}. */
  public static EngineException of(ShimEvent.Failed failed, LaunchPlan plan) {
    List<Step> steps =
        switch (failed.phase()) {
          case BEFORE -> plan.before();
          case SHIM, CLONE, MACHINE -> List.of();
          case GUEST_SHIM, GUEST_BEFORE, GUEST_CLONE, GUEST_BESIDE, GUEST_INSIDE -> List.of();
          case BESIDE -> plan.beside();
          case INSIDE -> plan.inside();
        };
    if (failed.phase() == LaunchPlan.Phase.SHIM) {
      return ofShim(failed.step(), failed.errno());
    }
    if (failed.step() < 0 || failed.step() >= steps.size()) {
      return ofNamespaces(failed.errno(), plan);
    }
    return of(steps.get(failed.step()), failed.errno());
  }

  private static String joinHint(int errno) {
    return switch (errno) {
      case Errno.EAGAIN -> "; its pids limit is reached";
      case Errno.EINVAL ->
          "; an engine that is scheduled in real time cannot start instances, start it with a usual"
              + " priority";
      case Errno.ENOENT, Errno.ENODEV -> "; somebody removed it meanwhile, try again";
      default -> "";
    };
  }

  private static EngineException ofShim(int step, int errno) {
    String tried =
        switch (step) {
          case 0 -> "cannot read the launch plan";
          case 1 -> "cannot open the instance's log";
          case 2 -> "cannot make the instance's standard streams";
          default -> "cannot fork";
        };
    return new EngineException(
        errno == Errno.ENOSPC || errno == Errno.ENOMEM || errno == Errno.EAGAIN
            ? Kind.EXHAUSTED
            : Kind.INTERNAL,
        "the supervisor of the instance " + tried + ": " + Errno.words(errno));
  }

  private static EngineException ofNamespaces(int errno, LaunchPlan plan) {
    String tried = "cannot make the namespaces " + plan.namespaces() + ": " + Errno.words(errno);
    return switch (errno) {
      case Errno.ENOSPC, ENOTSUP_NAMESPACE ->
          new EngineException(
              Kind.EXHAUSTED,
              tried + "; raise /proc/sys/user/max_user_namespaces and its neighbours");
      case Errno.EAGAIN, Errno.ENOMEM ->
          new EngineException(
              Kind.EXHAUSTED, tried + "; a pids or memory limit, or the host's own, is reached");
      case Errno.EPERM ->
          new EngineException(
              Kind.PERMISSION, tried + "; run the engine as root, outside of other containers");
      default -> new EngineException(Kind.INTERNAL, tried);
    };
  }

  private static EngineException of(Step step, int errno) {
    return switch (step) {
      case Step.Execute execute -> ofExecute(execute.arguments().getFirst(), errno);
      case Step.ChangeDirectory change -> ofDirectory(change.path(), errno);
      case Step.MakeDirectory make -> ofDirectory(make.path(), errno);
      case Step.WriteFile write when write.path().startsWith("/proc/sys/") ->
          new EngineException(
              Kind.INVALID_ARGUMENT,
              "cannot set sysctl "
                  + write.path().substring("/proc/sys/".length()).replace('/', '.')
                  + " to \""
                  + write.content()
                  + "\": "
                  + Errno.words(errno)
                  + "; check its name and value");
      case Step.WriteFile write when write.path().endsWith("/oom_score_adj") ->
          new EngineException(
              Kind.PERMISSION,
              "cannot set --oom-score-adj "
                  + write.content()
                  + ": "
                  + Errno.words(errno)
                  + "; a value below the engine's own takes CAP_SYS_RESOURCE");
      case Step.WriteFile write when write.path().endsWith("/cgroup.procs") ->
          new EngineException(
              Kind.UNAVAILABLE,
              "cannot join the control group "
                  + write.path()
                  + ": "
                  + Errno.words(errno)
                  + joinHint(errno));
      case Step.SetLimit limit ->
          new EngineException(
              Kind.PERMISSION,
              "cannot set the resource limit "
                  + limit.resource()
                  + " to "
                  + limit.soft()
                  + ":"
                  + limit.hard()
                  + ": "
                  + Errno.words(errno)
                  + "; ask for less, or start the engine with a higher limit");
      case Step.Attach attach ->
          ofMount("cannot mount at " + attach.target() + " in the instance", errno);
      case Step.Detach detach ->
          errno == Errno.ENOENT
              ? new EngineException(
                  Kind.NOT_FOUND,
                  "cannot mount " + detach.source() + ": it does not exist any more")
              : ofMount("cannot take " + detach.source() + " for a mount", errno);
      case Step.Mount mount ->
          ofMount("cannot mount a " + mount.type() + " at " + mount.target(), errno);
      case Step.Enter enter ->
          errno == Errno.ESRCH
              ? new EngineException(
                  Kind.CONFLICT,
                  "process " + enter.pid() + " is gone: the instance is not running any more")
              : plain(step, errno);
      case Step.Seccomp seccomp ->
          new EngineException(
              Kind.UNSUPPORTED,
              "cannot install the seccomp filter of "
                  + seccomp.program().remaining() / 8
                  + " instructions: "
                  + Errno.words(errno)
                  + "; a profile has at most 4096, or run with --security-opt seccomp=unconfined");
      case Step.OpenTerminal terminal ->
          new EngineException(
              Kind.UNAVAILABLE,
              "cannot open a terminal in the instance: "
                  + Errno.words(errno)
                  + "; its /dev/pts must be a devpts with room for one more");
      case Step.Tolerated tolerated -> of(tolerated.step(), errno);
      default -> plain(step, errno);
    };
  }

  /** Docker's words, which tools look for. */
  private static EngineException ofExecute(String program, int errno) {
    String tried = "exec: \"" + program + "\": ";
    return switch (errno) {
      case Errno.ENOENT, Errno.ENOTDIR ->
          new EngineException(
              Kind.COMMAND_NOT_FOUND,
              program.contains("/")
                  ? tried
                      + "stat "
                      + program
                      + ": no such file or directory: unknown. The program, or the interpreter it"
                      + " names, is not in the image"
                  : tried + "executable file not found in $PATH");
      case Errno.EACCES ->
          new EngineException(
              Kind.COMMAND_NOT_EXECUTABLE,
              tried
                  + "permission denied. It is a folder, has no execute permission, or is on a"
                  + " noexec mount");
      case Errno.ENOEXEC ->
          new EngineException(
              Kind.COMMAND_NOT_EXECUTABLE,
              tried
                  + "exec format error. It is built for another architecture, or is a script"
                  + " without a #! line");
      case Errno.EISDIR ->
          new EngineException(Kind.COMMAND_NOT_EXECUTABLE, tried + "is a directory");
      case Errno.E2BIG ->
          new EngineException(
              Kind.COMMAND_NOT_EXECUTABLE,
              tried + "argument list too long: shorten the arguments and the environment");
      case ETXTBSY -> new EngineException(Kind.COMMAND_NOT_EXECUTABLE, tried + "text file busy");
      default -> new EngineException(Kind.COMMAND_NOT_EXECUTABLE, tried + Errno.words(errno));
    };
  }

  private static EngineException ofDirectory(String path, int errno) {
    String tried = "cannot use " + path + " as working directory: ";
    return switch (errno) {
      case Errno.ENOTDIR ->
          new EngineException(Kind.INVALID_ARGUMENT, tried + "it is not a directory");
      case Errno.ENOENT ->
          new EngineException(
              Kind.COMMAND_NOT_FOUND,
              tried + "chdir to cwd (\"" + path + "\") failed: no such file or directory");
      case Errno.ELOOP ->
          new EngineException(
              Kind.INVALID_ARGUMENT,
              tried + "it leads through a link that may lead out of the instance");
      default -> new EngineException(Kind.INVALID_ARGUMENT, tried + Errno.words(errno));
    };
  }

  private static EngineException ofMount(String tried, int errno) {
    String sentence = tried + ": " + Errno.words(errno);
    return switch (errno) {
      case Errno.ENOTDIR ->
          new EngineException(
              Kind.INVALID_ARGUMENT,
              sentence
                  + ". Are you trying to mount a directory onto a file (or vice-versa)? Check if"
                  + " the specified host path exists and is the expected type");
      case Errno.EROFS ->
          new EngineException(
              Kind.INVALID_ARGUMENT,
              sentence
                  + "; the place does not exist and a read-only mount hides where it would be");
      case Errno.ELOOP ->
          new EngineException(
              Kind.INVALID_ARGUMENT,
              sentence + "; the image has a link there that is not followed");
      case Errno.ENOSPC, Errno.ENOMEM -> new EngineException(Kind.EXHAUSTED, sentence);
      case Errno.EPERM ->
          new EngineException(
              Kind.PERMISSION,
              sentence
                  + "; if the engine runs inside of a container itself, its /proc and /sys must not"
                  + " be masked");
      case Errno.EINVAL ->
          new EngineException(
              Kind.INVALID_ARGUMENT,
              sentence
                  + "; check the options, and whether the file system allows id-mapped mounts");
      default -> new EngineException(Kind.INTERNAL, sentence);
    };
  }

  private static EngineException plain(Step step, int errno) {
    return new EngineException(
        errno == Errno.EPERM || errno == Errno.EACCES ? Kind.PERMISSION : Kind.INTERNAL,
        "the launch failed at " + words(step) + ": " + Errno.words(errno));
  }

  /** A step's name and what identifies it, without programs and environments. */
  private static String words(Step step) {
    String text = step.toString();
    return text.length() > 200 ? text.substring(0, 200) + "…" : text;
  }
}
