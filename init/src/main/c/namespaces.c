/* Entering another process's namespaces, and giving ids to a new one. */
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

const char *process_file(uint64_t pid, const char *name, char buffer[64]) {
  memcpy(buffer, "/proc/", 6);
  size_t length = 6 + decimal(pid, buffer + 6);
  memcpy(buffer + length, name, strlen(name) + 1);
  return buffer;
}

/* Field 22 of /proc/PID/stat, counted behind the last ')' because a name may hold anything. */
int process_start_ticks(uint64_t pid, uint64_t *ticks) {
  char path[64];
  char text[1024];
  int file = open(process_file(pid, "/stat", path), O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno == ENOENT ? ESRCH : errno;
  ssize_t size = read(file, text, sizeof text - 1);
  int error = errno;
  close(file);
  if (size < 0) return error;
  text[size] = 0;
  char *at = strrchr(text, ')');
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  if (at == NULL) return EIO;
  *ticks = strtoull(at + 1, NULL, 10);
  return 0;
}

/* number: pid, or 0 for the workload of this guest; start ticks; CLONE_NEW* flags */
int namespaces_enter(const struct step *step) {
  struct workload wanted = {.pid = (pid_t)step->number[0], .ticks = step->number[1]};
  if (wanted.pid == 0) wanted = *machine_workload;
  if (wanted.pid == 0) return ESRCH;
  int process = sys_pidfd_open(wanted.pid);
  if (process < 0) return errno;
  /* Read after the descriptor exists: now the pid cannot come to mean another process. */
  uint64_t ticks = 0;
  int error = process_start_ticks((uint64_t)wanted.pid, &ticks);
  if (error == 0 && ticks != wanted.ticks) error = ESRCH;
  /* All at once: the kernel then enters the user namespace first and checks the rest against it. */
  if (error == 0 && setns(process, (int)step->number[2]) < 0) error = errno;
  close(process);
  return error;
}

static int write_map(const struct actor *actor, const char *name, const char *map) {
  if (*map == 0) return 0;
  char path[64];
  int file =
      open(process_file((uint64_t)actor->workload, name, path), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  int error = write(file, map, strlen(map)) < 0 ? errno : 0;
  close(file);
  return error;
}

int namespaces_map(const struct actor *actor, const struct step *step) {
  int error = write_map(actor, "/uid_map", plan_text(&actor->plan, step->text[0]));
  return error != 0 ? error
                    : write_map(actor, "/gid_map", plan_text(&actor->plan, step->text[1]));
}
