/* The last step of a launch. */
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *search_path(char *const *environment) {
  for (; *environment != NULL; environment++) {
    if (strncmp(*environment, "PATH=", 5) == 0) return *environment + 5;
  }
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* execvp(3) with the workload's PATH rather than ours, and without its shell for ENOEXEC. */
static int execute_found(const char *name, char *const *arguments, char *const *environment) {
  if (*name == 0) return ENOENT;
  if (strchr(name, '/') != NULL) {
    execve(name, arguments, environment);
    return errno;
  }
  size_t length = strlen(name);
  if (length > NAME_MAX) return ENAMETOOLONG;
  int error = ENOENT;
  char file[PATH_MAX + NAME_MAX + 2];
  for (const char *entry = search_path(environment);; entry++) {
    size_t size = strcspn(entry, ":");
    if (size < PATH_MAX) {
      memcpy(file, entry, size);
      size_t at = size;
      if (size > 0) file[at++] = '/';
      memcpy(file + at, name, length + 1);
      execve(file, arguments, environment);
      /* One that may not be run does not hide a later one that may. */
      if (errno == EACCES) error = EACCES;
      else if (errno != ENOENT && errno != ENOTDIR) return errno;
    }
    entry += size;
    if (*entry == 0) return error;
  }
}

/*
 * The kernel forgets this at every change of user, so it is asked for once more; and a shim that died
 * meanwhile would never be noticed, so it is looked for afterwards. A seccomp filter may forbid
 * either, which is no reason not to go on.
 */
static int die_with_shim(const struct actor *actor) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  struct pollfd shim = {.fd = actor->reports};
  if (poll(&shim, 1, 0) == 1 && (shim.revents & (POLLHUP | POLLERR)) != 0) return EPIPE;
  return 0;
}

int execute(struct actor *actor, const struct step *step) {
  char **arguments = plan_strings(&actor->plan, step->data);
  char **environment = plan_strings(&actor->plan, step->number[0]);
  int error = die_with_shim(actor);
  if (error != 0) return error;
  umask((mode_t)actor->umask);
  /* A second line: each is opened so. And a seccomp filter may not know this call. */
  sys_close_range(3, CLOSE_RANGE_CLOEXEC);
  for (int i = 0; i < KEPT_LIMIT; i++) {
    if ((actor->kept & 1u << i) != 0) fcntl(KEPT_FIRST + i, F_SETFD, 0);
  }
  actor->progress->committed = 1;
  error = execute_found(arguments[0], arguments, environment);
  actor->progress->committed = 0;
  return error;
}

int hold(struct actor *actor) {
  int error = die_with_shim(actor);
  if (error != 0) return error;
  actor->progress->committed = 1;
  /* The closing of the socket is what tells the shim. */
  sys_close_range(0, 0);
  for (;;) pause();
}
