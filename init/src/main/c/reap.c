/* The init that stays between the shim and the workload (docker run --init). */
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals that speak of this process itself, or of its terminal, are not the workload's. */
static bool is_forwarded(int signal) {
  switch (signal) {
    case SIGCHLD:
    case SIGTTIN:
    case SIGTTOU:
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGABRT:
    case SIGTRAP:
    case SIGSYS:
      return false;
    default:
      return true;
  }
}

static int reap_until(pid_t workload) {
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended == workload)
      return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (ended <= 0) return -1;
  }
}

static _Noreturn void serve(pid_t workload, const sigset_t *awaited) {
  for (;;) {
    int status = reap_until(workload);
    if (status >= 0) _exit(status);
    siginfo_t info;
    int signal = sigwaitinfo(awaited, &info);
    if (signal > 0 && is_forwarded(signal)) kill(workload, signal);
  }
}

int reap_stay(struct actor *actor) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  /* clone(2) with its flags in a register: the workload's filter is in force, and filters refuse
   * clone3(2), whose flags they cannot see. The order of the arguments is the same on x86-64 and
   * arm64 as far as it matters here, where all but the first are 0. */
  pid_t workload = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (workload < 0) return errno;
  if (workload > 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    /* With the streams and the report socket open, their ends would never be seen. */
    sys_close_range(0, 0);
    serve(workload, &all);
  }
  (void)actor;
  /* A group of its own, or the terminal's Ctrl-C would reach it twice: once forwarded. All signals
   * are still blocked, so that taking the foreground does not stop it with SIGTTOU. */
  pid_t self = getpid();
  setpgid(0, 0);
  ioctl(0, TIOCSPGRP, &self);
  sigprocmask(SIG_SETMASK, &before, NULL);
  return 0;
}
