/* What the host asks the agent itself, and the end of a guest. */
#include "agent.h"
#include "kernel.h"
#include "shim.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/random.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>

static int frozen = -1; /* the file system's descriptor */

/* A disk may be slow, or lie; what the kernel makes up is there at once. */
static bool is_kernels(int file) {
  struct statfs status;
  if (fstatfs(file, &status) < 0) return false;
  unsigned long type = (unsigned long)status.f_type;
  return type == PROC_SUPER_MAGIC || type == SYSFS_MAGIC || type == CGROUP2_SUPER_MAGIC;
}

int answer_read(const char *path, char *content, size_t limit, size_t *size) {
  int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (file < 0) return errno;
  int error = is_kernels(file) ? 0 : EPERM;
  ssize_t got = 0;
  while (error == 0 && *size < limit && (got = read(file, content + *size, limit - *size)) != 0) {
    if (got > 0) *size += (size_t)got;
    else if (errno != EINTR) error = errno;
  }
  close(file);
  return error;
}

void still_workload(bool still) {
  int file = open("/sys/fs/cgroup/workload/cgroup.freeze", O_WRONLY | O_CLOEXEC);
  if (file < 0) return; /* the agent was not booted, and has no such group */
  if (write(file, still ? "1" : "0", 1) < 0) shim_note("cgroup.freeze", still, errno);
  close(file);
}

int answer_freeze(const char *path) {
  if (frozen >= 0) return EBUSY;
  if (*path == 0) { /* only silence is wanted */
    still_workload(true);
    return 0;
  }
  frozen = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (frozen < 0) return errno;
  if (syscall(SYS_ioctl, frozen, FIFREEZE, 0) == 0) {
    still_workload(true);
    return 0;
  }
  int error = errno;
  close_descriptor(&frozen);
  return error;
}

int answer_thaw(void) {
  still_workload(false);
  if (frozen < 0) return 0;
  int error = syscall(SYS_ioctl, frozen, FITHAW, 0) < 0 ? errno : 0;
  close_descriptor(&frozen);
  return error;
}

/* The mount point of the last line of /proc/self/mounts that is not in `kept`, or NULL. */
static char *last_disk(char *mounts) {
  char *found = NULL;
  for (char *line = mounts; *line != 0;) {
    char *end = line + strcspn(line, "\n");
    if (strncmp(line, "/dev/", 5) == 0) found = line;
    line = *end == 0 ? end : end + 1;
  }
  if (found == NULL) return NULL;
  char *target = strchr(found, ' ');
  if (target == NULL) return NULL;
  target[1 + strcspn(target + 1, " ")] = 0;
  return target + 1;
}

void switch_off(void) {
  answer_thaw();
  kill(-1, SIGKILL);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
  }
  sync();
  static char mounts[65536];
  for (int i = 0; i < 1024; i++) {
    size_t size = 0;
    if (answer_read("/proc/self/mounts", mounts, sizeof mounts - 1, &size) != 0) return;
    mounts[size] = 0;
    char *target = last_disk(mounts);
    if (target == NULL) return;
    if (syscall(SYS_umount2, target, 0) < 0 && sys_detach(target) < 0) return;
  }
}

void set_clock(uint64_t nanoseconds) {
  struct timespec time = {.tv_sec = (time_t)(nanoseconds / 1000000000),
                          .tv_nsec = (long)(nanoseconds % 1000000000)};
  if (clock_settime(CLOCK_REALTIME, &time) < 0) shim_note("cannot set the clock", 0, errno);
}

void add_randomness(const uint8_t *seed, size_t size) {
  struct {
    struct rand_pool_info info;
    uint8_t bytes[SEED_BYTES];
  } pool = {.info = {.entropy_count = (int)size * 8, .buf_size = (int)size}};
  memcpy(pool.bytes, seed, size);
  int random = open("/dev/urandom", O_RDWR | O_CLOEXEC);
  /* Asked to reseed: two clones would draw the same numbers until the kernel does so by itself. */
  if (random < 0 || ioctl(random, RNDADDENTROPY, &pool) < 0 || ioctl(random, RNDRESEEDCRNG) < 0)
    shim_note("cannot seed the random numbers", 0, errno);
  if (random >= 0) close(random);
  explicit_bzero(&pool, sizeof pool);
}
