/* Mounts, by descriptor wherever the kernel lets one name both ends that way. */
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static bool in_rootfs(const struct step *step) { return (step->flags & STEP_ROOTFS) != 0; }

static unsigned recursion(const struct step *step) {
  return (step->flags & STEP_RECURSIVE) != 0 ? AT_RECURSIVE : 0;
}

static int close_with(int descriptor, int error) {
  close(descriptor);
  return error;
}

int mounts_own(uint64_t propagation) {
  if (unshare((int)CLONE_NEWNS_FLAG) < 0) return errno;
  if (propagation == 0) return 0;
  return sys_mount(NULL, "/", NULL, MS_REC | propagation, NULL) < 0 ? errno : 0;
}

/* Applies flags, propagation and id map to `mount`, with as few calls as the request allows. */
static int set_attributes(int mount, unsigned recursive, uint64_t set, uint64_t propagation,
                          int user_namespace) {
  struct mount_attr attributes = {.attr_set = set, .propagation = propagation};
  /* The access time modes are one field: setting one means clearing the others. */
  if ((set & MOUNT_ATTR__ATIME) != 0) attributes.attr_clr = MOUNT_ATTR__ATIME;
  if (user_namespace >= 0) {
    attributes.attr_set |= MOUNT_ATTR_IDMAP;
    attributes.userns_fd = (unsigned)user_namespace;
  }
  if (attributes.attr_set == 0 && propagation == 0) return 0;
  return sys_mount_setattr(mount, recursive, &attributes) < 0 ? errno : 0;
}

static int workload_user_namespace(struct actor *actor) {
  if (actor->user_namespace >= 0) return 0;
  char path[64];
  actor->user_namespace =
      open(process_file((uint64_t)actor->workload, "/ns/user", path), O_RDONLY | O_CLOEXEC);
  return actor->user_namespace < 0 ? errno : 0;
}

/* A detached copy of what is at `path`, or of what is `within` that and never outside of it: the
 * folder may belong to a workload, which relinks in it while we look. */
static int copy_of(const char *path, const char *within, unsigned recursive) {
  if (*within == 0) return sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | recursive);
  int base = sys_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, 0);
  if (base < 0) return -1;
  int found = path_below(base, within, O_PATH);
  int error = errno;
  close(base);
  if (found < 0) {
    errno = error;
    return -1;
  }
  int tree = sys_open_tree(found, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | recursive);
  error = errno;
  close(found);
  errno = error;
  return tree;
}

int mounts_detach(struct actor *actor, const struct step *step) {
  int *slot = &actor->slots[step->number[0]];
  if (*slot >= 0) return EBUSY;
  bool id_mapped = (step->flags & STEP_ID_MAPPED) != 0;
  if (id_mapped) {
    int error = workload_user_namespace(actor);
    if (error != 0) return error;
  }
  int tree = copy_of(plan_text(&actor->plan, step->text[0]),
                     plan_text(&actor->plan, step->text[1]), recursion(step));
  if (tree < 0) return errno;
  int error = set_attributes(tree, recursion(step), step->number[1], step->number[2],
                             id_mapped ? actor->user_namespace : -1);
  if (error != 0) return close_with(tree, error);
  *slot = tree;
  return 0;
}

static int attach(struct actor *actor, int tree, const struct step *step, const char *path) {
  int target = path_target(actor, in_rootfs(step), path, step->flags);
  if (target < 0) return errno;
  int error = sys_move_mount(tree, target) < 0 ? errno : 0;
  return close_with(target, error);
}

int mounts_attach(struct actor *actor, const struct step *step) {
  int *slot = &actor->slots[step->number[0]];
  if (*slot < 0) return EBADF;
  int error = attach(actor, *slot, step, plan_text(&actor->plan, step->text[0]));
  close(*slot);
  *slot = -1;
  return error;
}

/* mount(2) has flags of its own for what mount_setattr(2) calls attributes. */
static unsigned long classic_flags(uint64_t attributes) {
  unsigned long flags = 0;
  if ((attributes & MOUNT_ATTR_RDONLY) != 0) flags |= MS_RDONLY;
  if ((attributes & MOUNT_ATTR_NOSUID) != 0) flags |= MS_NOSUID;
  if ((attributes & MOUNT_ATTR_NODEV) != 0) flags |= MS_NODEV;
  if ((attributes & MOUNT_ATTR_NOEXEC) != 0) flags |= MS_NOEXEC;
  if ((attributes & MOUNT_ATTR_NOATIME) != 0) flags |= MS_NOATIME;
  if ((attributes & MOUNT_ATTR_STRICTATIME) != 0) flags |= MS_STRICTATIME;
  if ((attributes & MOUNT_ATTR_NODIRATIME) != 0) flags |= MS_NODIRATIME;
  if ((attributes & MOUNT_ATTR_NOSYMFOLLOW) != 0) flags |= MS_NOSYMFOLLOW;
  return flags;
}

int mounts_mount(struct actor *actor, const struct step *step) {
  const char *type = plan_text(&actor->plan, step->text[0]);
  const char *source = plan_text(&actor->plan, step->text[1]);
  const char *path = plan_text(&actor->plan, step->text[2]);
  const char *data = plan_text(&actor->plan, step->data);
  int target = path_target(actor, in_rootfs(step), path, STEP_MAKE_DIRECTORY);
  if (target < 0) return errno;
  char name[DESCRIPTOR_NAME];
  int error = sys_mount(source, descriptor_name(target, name), type,
                        classic_flags(step->number[0]), *data == 0 ? NULL : data) < 0
                  ? errno
                  : 0;
  return close_with(target, error);
}

int mounts_bind(struct actor *actor, const struct step *step) {
  int source = path_open(actor, (step->flags & STEP_SOURCE_ROOTFS) != 0,
                         plan_text(&actor->plan, step->text[0]), O_PATH);
  if (source < 0) return errno;
  int tree = sys_open_tree(source, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | recursion(step));
  if (tree < 0) return close_with(source, errno);
  close(source);
  int error = set_attributes(tree, recursion(step), step->number[0], 0, -1);
  if (error == 0) error = attach(actor, tree, step, plan_text(&actor->plan, step->text[1]));
  return close_with(tree, error);
}

int mounts_change(struct actor *actor, const struct step *step) {
  int target =
      path_open(actor, in_rootfs(step), plan_text(&actor->plan, step->text[0]), O_PATH);
  if (target < 0) return errno;
  return close_with(target,
                    set_attributes(target, recursion(step), step->number[0], 0, -1));
}

int mounts_use_root(struct actor *actor, const struct step *step) {
  int root = open(plan_text(&actor->plan, step->text[0]), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return errno;
  if (actor->root >= 0) close(actor->root);
  actor->root = root;
  return 0;
}

/* A copy of `from` onto `onto`, both opened with O_PATH. */
static int bind_over(int from, int onto, unsigned recursive, uint64_t set) {
  int tree = sys_open_tree(from, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | recursive);
  if (tree < 0) return errno;
  int error = set_attributes(tree, recursive, set, 0, -1);
  if (error == 0 && sys_move_mount(tree, onto) < 0) error = errno;
  return close_with(tree, error);
}

static int mask_file(int target) {
  int null = open("/dev/null", O_PATH | O_CLOEXEC);
  if (null < 0) return errno;
  /* After PivotRoot this is the image's /dev/null, and could be any file. */
  struct stat status;
  if (fstat(null, &status) < 0) return close_with(null, errno);
  if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) return close_with(null, ENODEV);
  return close_with(null, bind_over(null, target, 0, 0));
}

/* One tmpfs serves all masked directories: a file system each would cost time and kernel memory. */
static int mask_directory(struct actor *actor, int target, const char *path) {
  if (actor->empty >= 0) return bind_over(actor->empty, target, 0, 0);
  char name[DESCRIPTOR_NAME];
  if (sys_mount("tmpfs", descriptor_name(target, name), "tmpfs",
                MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0,mode=555") < 0)
    return errno;
  actor->empty = path_open(actor, true, path, O_PATH);
  return actor->empty < 0 ? errno : 0;
}

static bool is_missing(int error) { return error == ENOENT || error == ENOTDIR; }

int mounts_mask(struct actor *actor, const struct step *step) {
  const char *path = plan_text(&actor->plan, step->text[0]);
  int target = path_open(actor, true, path, O_PATH);
  if (target < 0) return is_missing(errno) ? 0 : errno;
  struct stat status;
  if (fstat(target, &status) < 0) return close_with(target, errno);
  return close_with(target, S_ISDIR(status.st_mode) ? mask_directory(actor, target, path)
                                                    : mask_file(target));
}

int mounts_read_only(struct actor *actor, const struct step *step) {
  int target = path_open(actor, true, plan_text(&actor->plan, step->text[0]), O_PATH);
  if (target < 0) return is_missing(errno) ? 0 : errno;
  return close_with(target, bind_over(target, target, AT_RECURSIVE, MOUNT_ATTR_RDONLY));
}

int mounts_pivot(struct actor *actor) {
  if (actor->root < 0) return EBADF;
  if (fchdir(actor->root) < 0) return errno;
  /* pivot_root(2), notes: the old root ends up stacked on the new one, and "." names it. */
  if (sys_pivot_root(".", ".") < 0) return errno;
  if (sys_detach(".") < 0) return errno;
  return chdir("/") < 0 ? errno : 0;
}
