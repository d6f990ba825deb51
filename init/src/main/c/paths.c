/* Paths below a root that an image's author laid out, so every component may be a trap. */
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

size_t decimal(uint64_t value, char *buffer) {
  char digits[20];
  size_t count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (size_t i = 0; i < count; i++) buffer[i] = digits[count - 1 - i];
  buffer[count] = 0;
  return count;
}

const char *descriptor_name(int descriptor, char *buffer) {
  static const char folder[] = "/proc/self/fd/";
  memcpy(buffer, folder, sizeof folder - 1);
  decimal((uint64_t)descriptor, buffer + sizeof folder - 1);
  return buffer;
}

int path_below(int root, const char *path, uint64_t flags) {
  /* EAGAIN: something was renamed while ".." was resolved; openat2(2) says to try again. */
  for (int attempt = 0;; attempt++) {
    int opened = sys_openat2(root, path, flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (opened >= 0 || errno != EAGAIN || attempt == 31) return opened;
  }
}

static int resolve(const struct actor *actor, bool rootfs, const char *path, uint64_t flags) {
  if (!rootfs) return sys_openat2(AT_FDCWD, path, flags, 0, 0);
  if (actor->root < 0) {
    errno = EBADF;
    return -1;
  }
  return path_below(actor->root, path, flags);
}

int path_open(const struct actor *actor, bool rootfs, const char *path, int flags) {
  return resolve(actor, rootfs, path, (uint64_t)(unsigned)flags);
}

/* Opens the folder `path`, making what is missing of it, one component after the other. */
static int open_folder(const struct actor *actor, bool rootfs, char *path) {
  const uint64_t flags = O_PATH | O_DIRECTORY;
  int folder = resolve(actor, rootfs, path, flags);
  if (folder >= 0 || errno != ENOENT) return folder;

  bool absolute = path[0] == '/';
  int parent = resolve(actor, rootfs, absolute ? "/" : ".", flags);
  for (char *end = path; parent >= 0 && *end != 0;) {
    while (*end == '/') end++;
    if (*end == 0) break;
    const char *name = end;
    while (*end != '/' && *end != 0) end++;
    char rest = *end;
    *end = 0;
    /* From the root each time: a component may be a link to anywhere below the root. */
    int next = resolve(actor, rootfs, path, flags);
    if (next < 0 && errno == ENOENT) {
      if (mkdirat(parent, name, 0755) == 0 || errno == EEXIST)
        next = resolve(actor, rootfs, path, flags);
    }
    int error = errno;
    close(parent);
    errno = error;
    *end = rest;
    parent = next;
  }
  return parent;
}

int path_parent(const struct actor *actor, bool rootfs, const char *path, char *buffer,
                const char **name) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  memcpy(buffer, path, length);
  buffer[length] = 0;

  char *slash = strrchr(buffer, '/');
  char *last = slash == NULL ? buffer : slash + 1;
  if (*last == 0 || strcmp(last, ".") == 0 || strcmp(last, "..") == 0) {
    errno = EINVAL;
    return -1;
  }
  *name = last;
  if (slash == NULL) return resolve(actor, rootfs, ".", O_PATH | O_DIRECTORY);
  if (slash == buffer) return resolve(actor, rootfs, "/", O_PATH | O_DIRECTORY);
  *slash = 0;
  return open_folder(actor, rootfs, buffer);
}

/* Makes the last component of `path`, or opens what is there by now; -1 with EEXIST for a link that
 * dangles, whose text is then in `link`. */
static int make_target(const struct actor *actor, bool rootfs, const char *path, uint32_t make,
                       char link[PATH_MAX]) {
  char buffer[PATH_MAX];
  const char *name;
  int parent = path_parent(actor, rootfs, path, buffer, &name);
  if (parent < 0) return -1;
  int made = -1;
  if ((make & STEP_MAKE_DIRECTORY) != 0) {
    made = mkdirat(parent, name, 0755);
  } else {
    made = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (made >= 0) close(made);
  }
  int error = errno;
  ssize_t length = -1;
  if (made < 0 && error == EEXIST) length = readlinkat(parent, name, link, PATH_MAX - 1);
  close(parent);
  errno = error;
  if (made < 0 && error != EEXIST) return -1;
  int target = resolve(actor, rootfs, path, O_PATH);
  if (target >= 0 || errno != ENOENT || length < 0) return target;

  /* Relative to the folder of the link, whose own path is resolved again with the rest. */
  link[length] = 0;
  size_t folder = link[0] == '/' || name == buffer ? 0 : strlen(buffer) + 1;
  if (folder + (size_t)length + 1 > PATH_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  if (folder > 0) {
    memmove(link + folder, link, (size_t)length + 1);
    memcpy(link, buffer, folder - 1);
    link[folder - 1] = '/';
  }
  errno = EEXIST;
  return -1;
}

int path_target(const struct actor *actor, bool rootfs, const char *path, uint32_t make) {
  int target = resolve(actor, rootfs, path, O_PATH);
  if (target >= 0 || errno != ENOENT || (make & (STEP_MAKE_FILE | STEP_MAKE_DIRECTORY)) == 0)
    return target;

  /* A link that dangles, as /etc/resolv.conf does in many images: what it names is made. */
  char link[PATH_MAX];
  for (int links = 0; links < 40; links++) {
    char from[PATH_MAX];
    size_t length = strlen(links == 0 ? path : link);
    if (length >= PATH_MAX) break;
    memcpy(from, links == 0 ? path : link, length + 1);
    target = make_target(actor, rootfs, from, make, link);
    if (target >= 0 || errno != EEXIST) return target;
  }
  errno = ELOOP;
  return -1;
}
