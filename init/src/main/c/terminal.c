/* The pseudo terminal of a workload, and the ownership of its streams. */
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int check_multiplexer(int master) {
  struct stat status;
  struct statfs system;
  if (fstat(master, &status) < 0 || fstatfs(master, &system) < 0) return errno;
  bool genuine = S_ISCHR(status.st_mode) && status.st_rdev == makedev(5, 2) &&
                 (unsigned long)system.f_type == DEVPTS_SUPER_MAGIC;
  return genuine ? 0 : ENODEV;
}

static int bind_console(struct actor *actor, int slave) {
  int tree = sys_open_tree(slave, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
  if (tree < 0) return errno;
  int target = path_target(actor, true, "/dev/console", STEP_MAKE_FILE);
  int error = target < 0 || sys_move_mount(tree, target) < 0 ? errno : 0;
  if (target >= 0) close(target);
  close(tree);
  return error;
}

static int take_slave(struct actor *actor, int master, bool console) {
  int unlock = 0;
  if (ioctl(master, TIOCSPTLCK, &unlock) < 0) return errno;
  const struct plan_header *header = actor->plan.header;
  if (header->rows != 0 || header->columns != 0) {
    struct winsize size = {.ws_row = header->rows, .ws_col = header->columns};
    if (ioctl(master, TIOCSWINSZ, &size) < 0) return errno;
  }
  /* By the master's own descriptor: a path could have been laid by the image. */
  int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) return errno;
  int error = console ? bind_console(actor, slave) : 0;
  if (error == 0 && ioctl(slave, TIOCSCTTY, 0) < 0) error = errno;
  for (int stream = 0; error == 0 && stream < 3; stream++) {
    if (dup2(slave, stream) < 0) error = errno;
  }
  close(slave);
  return error;
}

int terminal_open(struct actor *actor, const struct step *step) {
  if ((actor->plan.header->supervision & SUPERVISE_TERMINAL) == 0) return EINVAL;
  /* O_NONBLOCK so that a FIFO in its place does not hold the launch. */
  int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0) return errno;
  int error = check_multiplexer(master);
  if (error == 0) error = take_slave(actor, master, (step->flags & STEP_CONSOLE) != 0);
  if (error == 0) {
    struct report report = {.kind = REPORT_TERMINAL};
    error = report_send(actor->reports, &report, master);
  }
  close(master);
  return error;
}

/* number: uid, gid */
int streams_own(const struct actor *actor, const struct step *step) {
  for (int stream = 0; stream < 3; stream++) {
    struct stat status;
    if (fstat(actor->streams[stream], &status) < 0) return errno;
    /* Never the host's /dev/null, which everyone shares. */
    if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) continue;
    if (fchown(actor->streams[stream], (uid_t)step->number[0], (gid_t)step->number[1]) < 0)
      return errno;
  }
  return 0;
}
