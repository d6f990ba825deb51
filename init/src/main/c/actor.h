/*
 * A process that plays steps: the stage, then the workload's process. Neither allocates memory, and
 * neither returns to the shim's code.
 */
#ifndef ABODE_ACTOR_H
#define ABODE_ACTOR_H

#include "plan.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Where a launch is, in a page shared with the shim: a process that is killed in the middle of a
 * step cannot report it any more.
 */
struct progress {
  uint32_t phase;
  uint32_t step;
  uint32_t committed; /* 1 right before execve(2), or once the plan holds */
};

/* What the actors tell the shim, one message each over a sequenced-packet socket. */
enum report_kind {
  REPORT_WORKLOAD = 1, /* a: pid */
  REPORT_CREATED,
  REPORT_NOTE,   /* a: phase, b: step, c: errno of a tolerated failure */
  REPORT_FAILED, /* likewise */
  REPORT_TERMINAL /* with the master's descriptor */
};

struct report {
  uint32_t kind;
  uint32_t a, b, c;
};

struct actor {
  struct plan plan;
  struct progress *progress;
  enum phase phase;
  int reports;        /* socket to the shim */
  int streams[3];     /* the workload's standard streams, wherever they are now */
  pid_t workload;     /* in the stage, once cloned */
  int user_namespace; /* of the workload; -1 until needed */
  int root;           /* of UseRoot; -1 before */
  int empty;          /* an empty read-only tmpfs to mask directories with; -1 until needed */
  int slots[SLOT_LIMIT]; /* -1 when free */
  unsigned umask;
  uint8_t kept; /* bit n: descriptor KEPT_FIRST + n is the executed program's */
};

/* The shim's settings that its children must not inherit. */
struct inheritance {
  int oom_score_adjust; /* what it was before the shim changed it */
  bool oom_score_changed;
};

/*
 * The stage: plays `before`, clones the workload, plays `beside`, releases the workload, ends.
 * `streams` and `reports` are descriptors of the shim.
 */
_Noreturn void stage_run(const struct plan *plan, struct progress *progress, int reports,
                            const int streams[3], const struct inheritance *inheritance);

/* Plays one step: 0 or an errno. In the workload's process the last one does not return. */
int step_play(struct actor *actor, const struct step *step);
int interface_up(const char *name);

/* Sends a report; `descriptor` goes along unless it is -1. Returns 0 or an errno. */
int report_send(int socket, const struct report *report, int descriptor);

/* Receives one message of `size` bytes and at most `limit` descriptors; see recvmsg(2). */
ssize_t descriptors_receive(int socket, void *message, size_t size, int *descriptors, int limit,
                            int *count);
int descriptors_send(int socket, const void *message, size_t size, const int *descriptors,
                     int count);

/* paths.c */

/* Opens `path` where the step's place says, never following a link out of the rootfs. */
int path_open(const struct actor *actor, bool rootfs, const char *path, int flags);

/* Opens `path` as if the folder `root` were the root of the file system. */
int path_below(int root, const char *path, uint64_t flags);

/* Opens with O_PATH what a mount goes onto, made first if missing and `make` (STEP_MAKE_*). */
int path_target(const struct actor *actor, bool rootfs, const char *path, uint32_t make);

/*
 * Opens the folder that holds `path`, its missing ancestors made, and points `*name` at the last
 * component within `buffer` (of PATH_MAX bytes).
 */
int path_parent(const struct actor *actor, bool rootfs, const char *path, char *buffer,
                const char **name);

/* The name of a descriptor for calls that want a path; `buffer` has DESCRIPTOR_NAME bytes. */
enum { DESCRIPTOR_NAME = 32 };
const char *descriptor_name(int descriptor, char *buffer);

/* Writes `value` in decimal with a terminator and returns the length without it. */
size_t decimal(uint64_t value, char *buffer);

/* The rooms of the one switch in steps.c. Each returns 0 or an errno. */
int mounts_own(uint64_t propagation);
int mounts_detach(struct actor *actor, const struct step *step);
int mounts_attach(struct actor *actor, const struct step *step);
int mounts_mount(struct actor *actor, const struct step *step);
int mounts_bind(struct actor *actor, const struct step *step);
int mounts_change(struct actor *actor, const struct step *step);
int mounts_use_root(struct actor *actor, const struct step *step);
int mounts_mask(struct actor *actor, const struct step *step);
int mounts_read_only(struct actor *actor, const struct step *step);
int mounts_pivot(struct actor *actor);

int files_write(struct actor *actor, const struct step *step);
int files_directory(struct actor *actor, const struct step *step);
int files_symlink(struct actor *actor, const struct step *step);
int files_make(struct actor *actor, const struct step *step);
int files_open(struct actor *actor, const struct step *step);
int files_keep(struct actor *actor, const struct step *step);
int files_device(struct actor *actor, const struct step *step);

/* The path of `name`, which starts with a slash, in the folder of `pid` in /proc. */
const char *process_file(uint64_t pid, const char *name, char buffer[64]);
int process_start_ticks(uint64_t pid, uint64_t *ticks);
int namespaces_enter(const struct step *step);
int namespaces_map(const struct actor *actor, const struct step *step);

int identity_groups(const struct actor *actor, const struct step *step);
int identity_user(const struct step *step);
int identity_bound(const struct step *step);
int identity_capabilities(const struct step *step);

int terminal_open(struct actor *actor, const struct step *step);
int streams_own(const struct actor *actor, const struct step *step);

int machine_disk(const struct actor *actor, const struct step *step);
int machine_module(const struct actor *actor, const struct step *step);
int machine_interface(const struct actor *actor, const struct step *step);
int machine_raise(const struct actor *actor, const struct step *step);
int machine_address(const struct actor *actor, const struct step *step);
int machine_neighbour(const struct actor *actor, const struct step *step);

/* In a guest: what OP_ENTER without a pid means. On a page that the agent shares with its shims, of
 * which some are forked before there is a workload. */
extern struct workload {
  pid_t pid; /* 0 for none */
  uint64_t ticks;
} *machine_workload;

int reap_stay(struct actor *actor);

/* stage.c: the shim ignores some signals and blocks others; a program expects neither. */
void reset_signals(void);

/* restore.c: what the stage does last when criu(8) makes the workload. */
_Noreturn void restore_workload(struct actor *actor);

int execute(struct actor *actor, const struct step *step);
int hold(struct actor *actor);

#endif
