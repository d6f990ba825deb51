/* From START to the workload's first instruction, or to the step that failed. */
#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Steps of PHASE_SHIM in a FAILED frame. */
enum { SHIM_PLAN, SHIM_LOG, SHIM_STREAMS, SHIM_STAGE };

static int above_streams(int *descriptor) {
  /* Out of the way of the numbers that the stage gives to its descriptors. */
  int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, 16);
  if (moved < 0) return errno;
  close(*descriptor);
  *descriptor = moved;
  return 0;
}

/* A pipe whose end `ours` does not block; the workload's does, as programs expect. */
static int make_pipe(int *ours, int *theirs, bool we_read) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return errno;
  *ours = ends[we_read ? 0 : 1];
  *theirs = ends[we_read ? 1 : 0];
  if (fcntl(*ours, F_SETFL, O_NONBLOCK) < 0) return errno;
  return above_streams(theirs);
}

static int open_streams(int streams[3]) {
  if (is_terminal()) {
    for (int stream = 0; stream < 3; stream++) {
      streams[stream] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 16);
      if (streams[stream] < 0) return errno;
    }
    return 0;
  }
  int error = make_pipe(&shim.input, &streams[0], false);
  if (error == 0) error = make_pipe(&shim.outputs[0].file, &streams[1], true);
  if (error == 0) error = make_pipe(&shim.outputs[1].file, &streams[2], true);
  /* No input is a pipe without a writer: it reads end-of-file, and shows nothing of the host. */
  if ((shim.supervision & SUPERVISE_OPEN_STDIN) == 0 && !is_machine()) end_input();
  return error;
}

/* What waits in the socket of reports while nobody reads it (net.unix.max_dgram_qlen). */
enum { REPORTS_QUEUED = 10 };

/*
 * Whether the stage may use the shim's memory instead of a copy, vfork(2), with the shim standing
 * still until it ends. There must be nothing in it that waits for the shim. In a guest only: an
 * emulated processor forgets all it has looked up with each change of address spaces.
 */
static bool may_borrow_memory(void) {
#ifdef __SANITIZE_ADDRESS__
  return false; /* what it marks of the stage's stack would stay marked */
#endif
  if (!shim.in_guest) return false;
  uint32_t reports = 2; /* the workload, and a failure */
  for (enum list list = LIST_BEFORE; list <= LIST_BESIDE; list++) {
    for (uint32_t i = 0; i < shim.plan.header->steps[list]; i++) {
      const struct step *step = &shim.plan.steps[list][i];
      if (step->op == OP_TELL_ENGINE || step->op == OP_AWAIT_ENGINE) return false;
      if ((step->flags & STEP_TOLERATED) != 0) reports++;
    }
  }
  return reports <= REPORTS_QUEUED;
}

void launch(void) {
  shim.state = STATE_LAUNCHING;
  if (shim.plan_error != 0) {
    fail_launch(PHASE_SHIM, SHIM_PLAN, shim.plan_error);
    return;
  }
  if ((shim.supervision & SUPERVISE_LOG) != 0) {
    int error = log_open(&shim.log);
    if (error != 0) {
      fail_launch(PHASE_SHIM, SHIM_LOG, error);
      return;
    }
  }
  if (is_session()) {
    int refused = remote_join();
    if (refused != 0) fail_launch(PHASE_MACHINE, 0, refused);
    return;
  }
  int streams[3] = {-1, -1, -1};
  int error = open_streams(streams);
  int reports[2] = {-1, -1};
  if (error == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, reports) < 0)
    error = errno;
  if (error == 0) error = above_streams(&reports[1]);
  shim.reports = reports[0];
  if (error == 0) {
    shim.oom_kills = record_oom_kills(shim.oom_path);
    shim.stage = may_borrow_memory() ? vfork() : sys_clone(0, SIGCHLD);
    if (shim.stage == 0)
      stage_run(&shim.plan, shim.progress, reports[1], streams, &shim.inheritance);
    if (shim.stage < 0) {
      shim.stage = 0;
      fail_launch(PHASE_SHIM, SHIM_STAGE, errno);
    }
  } else {
    fail_launch(PHASE_SHIM, SHIM_STREAMS, error);
  }
  close_descriptor(&reports[1]);
  for (int stream = 0; stream < 3; stream++) close_descriptor(&streams[stream]);
}

/* criu(8) makes the workload long before anybody is told of it. */
static void kill_children(void) {
  char text[256] = "";
  int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (file < 0) return; /* a kernel without that file has no criu either */
  if (read(file, text, sizeof text - 1) < 0) text[0] = 0;
  close(file);
  char *at = text;
  for (long pid = strtol(at, &at, 10); pid > 0; pid = strtol(at, &at, 10)) kill((pid_t)pid, SIGKILL);
}

/* Ends what the launch left half made, and collects it. */
static void sweep(void) {
  if (shim.stage > 0) kill(shim.stage, SIGKILL);
  if (shim.workload > 0) kill(shim.workload, SIGKILL);
  close_descriptor(&shim.reports);
  kill_children();
  /* Until ECHILD. A workload that was cloned but not told of yet ends by itself, because nobody is
   * left to release it. */
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
  }
}

void fail_launch(uint32_t phase, uint32_t step, int error) {
  sweep();
  shim.failed = true;
  shim.failure[0] = phase;
  shim.failure[1] = step;
  shim.failure[2] = (uint32_t)error;
  shim.workload = 0;
  close_output(&shim.outputs[0]);
  close_output(&shim.outputs[1]);
  end_input();
  shim.state = STATE_ENDING;
  shim.deadline = stuck_deadline();
  tell_watchers();
}

/* A process of the launch died without a word; the kernel's reason stands in for an errno. */
static int errno_of_death(int signal) {
  if (signal == SIGKILL) return ENOMEM; /* the OOM killer */
  if (signal == SIGSYS) return ENOSYS;  /* a seccomp filter */
  return ESRCH;
}

/* The signal that ended `pid`, 0 for none. Waits, for a process that is already on its way out. */
static int death_of(pid_t pid) {
  siginfo_t info = {0};
  if (pid <= 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0) return 0;
  return info.si_code == CLD_EXITED ? 0 : info.si_status;
}

/* The workload dies with the stage, so its own death by a signal is the cause, if it was one. */
void launch_died(void) {
  int signal = death_of(shim.workload);
  if (signal == 0) signal = death_of(shim.stage);
  fail_launch(shim.progress->phase, shim.progress->step, errno_of_death(signal));
}

void launch_abandon(void) {
  fail_launch(shim.progress->phase, shim.progress->step, ECANCELED);
}

/* Every holder of the socket closed it: by execve(2), or by dying. */
static void launch_complete(void) {
  if (shim.workload == 0 || shim.progress->committed == 0) {
    launch_died();
    return;
  }
  close_descriptor(&shim.reports);
  waitpid(shim.stage, NULL, 0);
  shim.stage = 0;
  munmap(shim.progress, sizeof *shim.progress);
  shim.progress = NULL;
  if (is_machine()) {
    remote_begin();
    hold_mounts();
    collect_workload();
    return;
  }
  plan_unload(&shim.plan);
  shim.state = STATE_RUNNING;
  shim.outcome.pid = shim.workload;
  shim.outcome.started = time_now();
  tell_watchers();
  hold_mounts();
  release_unwatched();
  collect_workload(); /* its SIGCHLD may have come and gone with the stage's */
}

static void take_master(int master) {
  shim.outputs[0].file = master;
  shim.input = master;
  if (shim.size.ws_row != 0 || shim.size.ws_col != 0) ioctl(master, TIOCSWINSZ, &shim.size);
}

bool report_waits(void) {
  char first;
  return recv(shim.reports, &first, sizeof first, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void read_reports(void) {
  struct report report;
  int descriptor = -1;
  int count = 0;
  ssize_t received =
      descriptors_receive(shim.reports, &report, sizeof report, &descriptor, 1, &count);
  if (received < 0) return;
  if (received == 0) {
    launch_complete();
    return;
  }
  switch ((enum report_kind)report.kind) {
    case REPORT_WORKLOAD:
      shim.workload = (pid_t)report.a;
      process_start_ticks(report.a, &shim.start_ticks);
      return;
    case REPORT_CREATED:
      shim.state = STATE_CREATED;
      tell_watchers();
      return;
    case REPORT_NOTE:
      shim_note(report.a == PHASE_INSIDE   ? "tolerated: inside, step"
                : report.a == PHASE_BESIDE ? "tolerated: beside, step"
                                           : "tolerated: before, step",
                report.b, (int)report.c);
      return;
    case REPORT_FAILED:
      fail_launch(report.a, report.b, (int)report.c);
      return;
    case REPORT_TERMINAL:
      if (count == 1) take_master(descriptor);
      return;
  }
}
