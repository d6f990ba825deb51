/* Files that a plan makes or writes. */
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

static bool in_rootfs(const struct step *step) { return (step->flags & STEP_ROOTFS) != 0; }

/* A path that says /proc must end on a procfs: an image may have laid a link to something else. */
static int check_procfs(int file, const char *path) {
  if (strncmp(path, "/proc/", 6) != 0) return 0;
  struct statfs status;
  if (fstatfs(file, &status) < 0) return errno;
  return (unsigned long)status.f_type == PROC_SUPER_MAGIC ? 0 : ENODEV;
}

int files_write(struct actor *actor, const struct step *step) {
  const char *path = plan_text(&actor->plan, step->text[0]);
  int file = path_open(actor, in_rootfs(step), path, O_WRONLY | O_NOCTTY | O_NONBLOCK);
  if (file < 0) return errno;
  int error = in_rootfs(step) ? check_procfs(file, path) : 0;
  size_t size = step->data_size - 1; /* without the terminator */
  if (error == 0) {
    ssize_t written = write(file, plan_text(&actor->plan, step->data), size);
    if (written < 0) error = errno;
    else if ((size_t)written != size) error = EIO;
  }
  close(file);
  return error;
}

/* number: mode */
int files_make(struct actor *actor, const struct step *step) {
  char buffer[PATH_MAX];
  const char *name;
  int parent = path_parent(actor, in_rootfs(step), plan_text(&actor->plan, step->text[0]), buffer,
                           &name);
  if (parent < 0) return errno;
  unlinkat(parent, name, 0);
  int file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    (mode_t)step->number[0] & 07777);
  int error = file < 0 ? errno : 0;
  close(parent);
  if (file < 0) return error;
  size_t size = step->data_size - 1; /* without the terminator */
  ssize_t written = write(file, plan_text(&actor->plan, step->data), size);
  if (written < 0) error = errno;
  else if ((size_t)written != size) error = ENOSPC;
  close(file);
  return error;
}

/* text: path; number: the slot that gets the file, open to read */
int files_open(struct actor *actor, const struct step *step) {
  int *slot = &actor->slots[step->number[0]];
  if (*slot >= 0) return EBUSY;
  *slot = path_open(actor, in_rootfs(step), plan_text(&actor->plan, step->text[0]),
                    O_RDONLY | O_CLOEXEC);
  return *slot < 0 ? errno : 0;
}

/* number: a slot; the descriptor under which the executed program finds the file in it */
int files_keep(struct actor *actor, const struct step *step) {
  int *slot = &actor->slots[step->number[0]];
  int number = (int)step->number[1];
  if (*slot < 0) return EBADF;
  if (fcntl(number, F_GETFD) >= 0) return EBUSY;
  if (dup3(*slot, number, O_CLOEXEC) < 0) return errno;
  close(*slot);
  *slot = -1;
  actor->kept |= (uint8_t)(1u << (number - KEPT_FIRST));
  return 0;
}

int files_directory(struct actor *actor, const struct step *step) {
  const char *path = plan_text(&actor->plan, step->text[0]);
  char buffer[PATH_MAX];
  const char *name;
  int parent = path_parent(actor, in_rootfs(step), path, buffer, &name);
  if (parent < 0) return errno;
  int error = mkdirat(parent, name, (mode_t)step->number[0]) < 0 ? errno : 0;
  close(parent);
  if (error != EEXIST) return error;
  int existing = path_open(actor, in_rootfs(step), path, O_PATH | O_DIRECTORY);
  if (existing < 0) return errno;
  close(existing);
  return 0;
}

int files_symlink(struct actor *actor, const struct step *step) {
  char buffer[PATH_MAX];
  const char *name;
  int parent = path_parent(actor, in_rootfs(step), plan_text(&actor->plan, step->text[0]), buffer,
                           &name);
  if (parent < 0) return errno;
  int error =
      symlinkat(plan_text(&actor->plan, step->text[1]), parent, name) < 0 ? errno : 0;
  close(parent);
  return error;
}

/* number: device, mode with type, uid, gid */
int files_device(struct actor *actor, const struct step *step) {
  char buffer[PATH_MAX];
  const char *name;
  int parent = path_parent(actor, in_rootfs(step), plan_text(&actor->plan, step->text[0]), buffer,
                           &name);
  if (parent < 0) return errno;
  dev_t device = makedev((unsigned)(step->number[0] >> 32), (unsigned)step->number[0]);
  int error = 0;
  if (mknodat(parent, name, (mode_t)step->number[1], device) < 0 ||
      fchownat(parent, name, (uid_t)step->number[2], (gid_t)step->number[3],
               AT_SYMLINK_NOFOLLOW) < 0)
    error = errno;
  close(parent);
  return error;
}
