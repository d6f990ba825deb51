/*
 * System calls the C library has no name for, or names that pull in headers which quarrel with
 * linux/mount.h. Each returns -1 and sets errno as its manual page says.
 */
#ifndef ABODE_KERNEL_H
#define ABODE_KERNEL_H

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef __NR_mount_setattr
#define __NR_mount_setattr 442
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* clone3(2), linux/sched.h; written here because linux/sched.h quarrels with sched.h. */
struct clone_request {
  uint64_t flags;
  uint64_t pidfd;
  uint64_t child_tid;
  uint64_t parent_tid;
  uint64_t exit_signal;
  uint64_t stack;
  uint64_t stack_size;
  uint64_t tls;
};

#define CLONE_PARENT_FLAG 0x00008000u
#define CLONE_NEWNS_FLAG 0x00020000u
#define CLONE_NEWCGROUP_FLAG 0x02000000u
#define CLONE_NEWUSER_FLAG 0x10000000u
#define CLONE_NEWNET_FLAG 0x40000000u
/* CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET} of linux/sched.h: all that a plan may ask for. */
#define CLONE_NAMESPACES 0x7e020000u

static inline pid_t sys_clone(uint64_t flags, uint64_t exit_signal) {
  struct clone_request request = {.flags = flags, .exit_signal = exit_signal};
  return (pid_t)syscall(SYS_clone3, &request, sizeof request);
}

static inline int sys_openat2(int directory, const char *path, uint64_t flags, uint64_t mode,
                              uint64_t resolve) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

static inline int sys_open_tree(int directory, const char *path, unsigned flags) {
  return (int)syscall(SYS_open_tree, directory, path, flags | OPEN_TREE_CLOEXEC);
}

static inline int sys_move_mount(int from, int onto) {
  return (int)syscall(SYS_move_mount, from, "", onto, "",
                      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static inline int sys_mount_setattr(int mount, unsigned flags, struct mount_attr *attributes) {
  return (int)syscall(__NR_mount_setattr, mount, "", flags | AT_EMPTY_PATH, attributes,
                      sizeof *attributes);
}

static inline int sys_mount(const char *source, const char *target, const char *type,
                            unsigned long flags, const char *data) {
  return (int)syscall(SYS_mount, source, target, type, flags, data);
}

static inline int sys_detach(const char *target) {
  return (int)syscall(SYS_umount2, target, MNT_DETACH);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old) {
  return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static inline int sys_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

static inline int sys_close_range(unsigned first, unsigned flags) {
  return (int)syscall(SYS_close_range, first, ~0U, flags);
}

#endif
