/* The two short-lived processes of a launch: the stage and the workload before its execve(2). */
#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Static: the shim never touches it, whether the stage has a copy of its memory or borrows it. */
static struct actor actor;

/* A parcel of mounts from the stage to the workload; the last one releases it. */
enum { PARCEL_SLOTS = 250 };
struct parcel {
  uint32_t last;
  uint32_t count;
  uint16_t slots[PARCEL_SLOTS];
};

static _Noreturn void fail(uint32_t step, int error) {
  struct report report = {
      .kind = REPORT_FAILED, .a = actor.phase, .b = step, .c = (uint32_t)error};
  report_send(actor.reports, &report, -1);
  _exit(1);
}

static void play(enum list list) {
  uint32_t count = actor.plan.header->steps[list];
  actor.progress->phase = actor.phase;
  for (uint32_t i = 0; i < count; i++) {
    const struct step *step = &actor.plan.steps[list][i];
    actor.progress->step = i;
    int error = step_play(&actor, step);
    if (error == 0) continue;
    if ((step->flags & STEP_TOLERATED) == 0) fail(i, error);
    struct report note = {.kind = REPORT_NOTE, .a = actor.phase, .b = i, .c = (uint32_t)error};
    report_send(actor.reports, &note, -1);
  }
}

/* Moves a descriptor to `number`, which must be free or its own. */
static int settle(int descriptor, int number) {
  if (descriptor == number) return fcntl(number, F_SETFD, FD_CLOEXEC);
  return dup3(descriptor, number, O_CLOEXEC);
}

static void hand_over(int release) {
  struct parcel parcel = {0};
  int descriptors[PARCEL_SLOTS];
  for (int slot = 0; slot < SLOT_LIMIT; slot++) {
    if (actor.slots[slot] < 0) continue;
    parcel.slots[parcel.count] = (uint16_t)slot;
    descriptors[parcel.count++] = actor.slots[slot];
    if (parcel.count < PARCEL_SLOTS) continue;
    int error = descriptors_send(release, &parcel, sizeof parcel, descriptors, PARCEL_SLOTS);
    if (error != 0) fail(actor.plan.header->steps[LIST_BESIDE], error);
    parcel.count = 0;
  }
  parcel.last = 1;
  int error =
      descriptors_send(release, &parcel, sizeof parcel, descriptors, (int)parcel.count);
  if (error != 0) fail(actor.plan.header->steps[LIST_BESIDE], error);
}

static void take_over(int release) {
  struct parcel parcel;
  do {
    int descriptors[PARCEL_SLOTS];
    int count;
    ssize_t received = descriptors_receive(release, &parcel, sizeof parcel, descriptors,
                                           PARCEL_SLOTS, &count);
    if (received == 0) _exit(1); /* the stage failed, and said so */
    if (received != (ssize_t)sizeof parcel || (uint32_t)count != parcel.count)
      fail(0, received < 0 ? errno : EMFILE);
    for (int i = 0; i < count; i++) actor.slots[parcel.slots[i]] = descriptors[i];
  } while (parcel.last == 0);
}

/* Descriptors of the stage, and of the workload until it is released. */
enum { REPORTS = 3, STREAMS = 4, RELEASE = 7 };

void reset_signals(void) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Everything the workload's process could show of the host is gone before its first step. */
static _Noreturn void workload_run(int release) {
  actor.phase = PHASE_INSIDE;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  setsid();
  reset_signals();
  forget_arguments();
  for (int stream = 0; stream < 3; stream++) {
    if (dup2(actor.streams[stream], stream) < 0) fail(0, errno);
    actor.streams[stream] = stream;
  }
  if (settle(release, STREAMS) < 0) fail(0, errno);
  release = STREAMS;
  sys_close_range(STREAMS + 1, 0);
  for (int slot = 0; slot < SLOT_LIMIT; slot++) actor.slots[slot] = -1;
  actor.user_namespace = -1;
  actor.root = -1;
  take_over(release);
  close(release);
  play(LIST_INSIDE);
  _exit(1); /* not reached: the last step is Execute or Hold, and its failure is the launch's */
}

static void clone_workload(int release[2]) {
  actor.phase = PHASE_CLONE;
  actor.progress->phase = PHASE_CLONE;
  actor.progress->step = 0;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, release) < 0) fail(0, errno);
  /* CLONE_PARENT: the workload is the shim's child, whatever pid namespace it is in, and
   * clone3(2) then takes the exit signal from the stage. */
  pid_t pid = sys_clone(actor.plan.header->clone_flags | CLONE_PARENT_FLAG, 0);
  if (pid < 0) fail(0, errno);
  if (pid == 0) workload_run(release[1]);
  actor.workload = pid;
  close(release[1]);
  struct report report = {.kind = REPORT_WORKLOAD, .a = (uint32_t)pid};
  int error = report_send(actor.reports, &report, -1);
  if (error != 0) fail(0, error);
}

static bool is_restored(void) {
  uint32_t inside = actor.plan.header->steps[LIST_INSIDE];
  return inside > 0 && actor.plan.steps[LIST_INSIDE][inside - 1].op == OP_RESTORE;
}

/* What criu(8) will make anew, but for who is in a control group, and so for what is its root there.
 * Mounts are mapped with a user namespace of somebody who does nothing. */
static void stand_in(void) {
  actor.phase = PHASE_CLONE;
  actor.progress->phase = PHASE_CLONE;
  actor.progress->step = 0;
  uint64_t flags = actor.plan.header->clone_flags;
  if ((flags & CLONE_NEWCGROUP_FLAG) != 0 && unshare((int)CLONE_NEWCGROUP_FLAG) < 0) fail(0, errno);
  actor.workload = sys_clone(flags & CLONE_NEWUSER_FLAG, SIGCHLD);
  if (actor.workload < 0) fail(0, errno);
  if (actor.workload > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  sys_close_range(0, 0);
  for (;;) pause();
}

static void restore(const struct inheritance *inheritance) {
  if (!inheritance->oom_score_changed) return;
  char text[24];
  size_t size = 0;
  int value = inheritance->oom_score_adjust;
  if (value < 0) text[size++] = '-';
  size += decimal((uint64_t)abs(value), text + size);
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (write(file, text, size) < 0) { /* raising it again is always allowed */
  }
  close(file);
}

_Noreturn void stage_run(const struct plan *plan, struct progress *progress, int reports,
                            const int streams[3], const struct inheritance *inheritance) {
  actor = (struct actor){.plan = *plan,
                         .progress = progress,
                         .phase = PHASE_BEFORE,
                         .reports = reports,
                         .user_namespace = -1,
                         .root = -1,
                         .empty = -1,
                         .umask = 022};
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  for (int slot = 0; slot < SLOT_LIMIT; slot++) actor.slots[slot] = -1;

  /* The shim's descriptors are all above STREAMS + 2, so that nothing is overwritten here; what
   * is not moved down is closed. */
  if (settle(reports, REPORTS) < 0) fail(0, errno);
  actor.reports = REPORTS;
  for (int stream = 0; stream < 3; stream++) {
    if (settle(streams[stream], STREAMS + stream) < 0) fail(0, errno);
    actor.streams[stream] = STREAMS + stream;
  }
  sys_close_range(RELEASE, 0);

  umask(0); /* modes are the plan's; the workload gets its umask at the end */
  restore(inheritance);
  play(LIST_BEFORE);
  int release[2];
  if (is_restored()) stand_in();
  else clone_workload(release);
  actor.phase = PHASE_BESIDE;
  play(LIST_BESIDE);
  if (is_restored()) restore_workload(&actor);
  actor.progress->phase = PHASE_INSIDE;
  actor.progress->step = 0;
  hand_over(release[0]);
  _exit(0);
}
