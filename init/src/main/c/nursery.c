/*
 * A shim that has no plan and never will: it has one child after the other, and those are shims. To
 * fork takes the kernel a tenth of the time that it needs to load a program anew.
 */
#include "actor.h"
#include "kernel.h"
#include "shim.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static void begin_shim(const char *path, const int given[2]) {
  signal(SIGCHLD, SIG_DFL);
  setsid();
  prctl(PR_SET_NAME, "abode-init", 0, 0, 0);
  if (dup2(given[0], PLAN) < 0 || dup2(given[1], LISTENER) < 0) _exit(1);
  close(given[0]);
  close(given[1]);
  name_arguments(path);
  shim_note_late();
}

void nursery_run(void) {
  prctl(PR_SET_NAME, "abode-nursery", 0, 0, 0);
  signal(SIGCHLD, SIG_IGN); /* the kernel collects them */
  for (;;) {
    char path[SOCKET_PATH_LIMIT] = "";
    int given[2] = {-1, -1};
    int count = 0;
    ssize_t size = descriptors_receive(PLAN, path, sizeof path - 1, given, 2, &count);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) _exit(0); /* the engine has closed its end, or died */
    if (count == 2 && sys_clone(0, SIGCHLD) == 0) {
      begin_shim(path, given);
      return;
    }
    for (int i = 0; i < count; i++) close(given[i]); /* that is how the engine hears of a failure */
  }
}
