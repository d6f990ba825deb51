/* Files on their way in, into a tree in which others may be moving things meanwhile. */
#include "tree.h"
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <dirent.h>

/* The file whose content is being taken. */
static int file = -1;
static struct tree_entry file_entry;
static char file_attributes[TREE_ATTRIBUTES_LIMIT];

/* ---- what a file is like */

static int set_attributes(const char *path, const char *at, size_t size) {
  while (size > 0) {
    uint32_t sizes[2];
    if (size < sizeof sizes) return EPROTO;
    memcpy(sizes, at, sizeof sizes);
    size_t left = size - sizeof sizes;
    const char *name = at + sizeof sizes;
    if (sizes[0] < 2 || sizes[0] > left || sizes[1] > left - sizes[0] || name[sizes[0] - 1] != 0)
      return EPROTO;
    /* A label of a security module that is not here, or user.* where it cannot be. */
    if (setxattr(path, name, name + sizes[0], sizes[1], 0) < 0 && errno != EOPNOTSUPP &&
        !(errno == EPERM && strncmp(name, "user.", 5) == 0))
      return errno;
    size_t used = sizeof sizes + sizes[0] + sizes[1];
    at += used;
    size -= used;
  }
  return 0;
}

static int set_times(int node, const struct tree_entry *entry) {
  const struct timespec times[2] = {{entry->accessed, entry->accessed_nanos},
                                    {entry->modified, entry->modified_nanos}};
  return syscall(SYS_utimensat, node, "", times, AT_EMPTY_PATH) < 0 ? errno : 0;
}

/* `node` is the file itself, made or found here. */
static int describe(int node, const struct tree_entry *entry, const char *attributes) {
  char path[24];
  if (fchownat(node, "", entry->uid, entry->gid, AT_EMPTY_PATH) < 0) return errno;
  tree_name(node, path);
  /* After chown(2), which clears the set-ID bits. */
  if (!S_ISLNK(entry->mode) && chmod(path, entry->mode & 07777) < 0) return errno;
  int error = set_attributes(path, attributes, entry->attributes_size);
  return error != 0 ? error : set_times(node, entry);
}

int tree_finish(void) {
  if (file < 0) return 0;
  int error = ftruncate(file, (off_t)file_entry.size) < 0 ? errno : 0;
  if (error == 0) error = describe(file, &file_entry, file_attributes);
  close_file(&file);
  return error;
}

int tree_content(uint64_t offset, const char *bytes, size_t size) {
  if (file < 0 || offset > file_entry.size || size > file_entry.size - offset) return EPROTO;
  while (size > 0) {
    ssize_t written = pwrite(file, bytes, size, (off_t)offset);
    if (written < 0) return errno;
    bytes += written;
    offset += (uint64_t)written;
    size -= (size_t)written;
  }
  return 0;
}

/* ---- room for a file */

/* Removes the first name of the folder on top that can be; a folder with something in it is pushed. */
static int remove_level(int *folders, char names[][NAME_MAX + 1], int *depth) {
  static char entries[4096] __attribute__((aligned(8)));
  int folder = folders[*depth];
  if (lseek(folder, 0, SEEK_SET) < 0) return errno;
  bool any = false;
  long size;
  while ((size = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
    for (long i = 0; i < size;) {
      const struct dirent *entry = (const struct dirent *)(void *)(entries + i);
      i += entry->d_reclen;
      const char *name = entry->d_name;
      if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
      any = true;
      if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) continue;
      if (errno != EISDIR) return errno;
      if (*depth + 1 == TREE_DEPTH_LIMIT) return ENAMETOOLONG;
      /* Never into what is mounted there: it is somebody else's. */
      int below = sys_openat2(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
                              RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
      if (below < 0) return errno;
      memcpy(names[*depth + 1], name, strlen(name) + 1);
      folders[++*depth] = below;
      return 0;
    }
  }
  if (size < 0) return errno;
  if (any) return 0; /* looked at once more, since what was read was changed */
  close(folder);
  folders[*depth] = -1;
  int above = folders[--*depth];
  return unlinkat(above, names[*depth + 1], AT_REMOVEDIR) < 0 ? errno : 0;
}

static int remove_folder(int parent, const char *name) {
  static int folders[TREE_DEPTH_LIMIT];
  static char names[TREE_DEPTH_LIMIT][NAME_MAX + 1];
  int depth = 1;
  folders[0] = parent;
  folders[1] = sys_openat2(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
                           RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
  if (folders[1] < 0) return errno;
  if (strlen(name) > NAME_MAX) return ENAMETOOLONG;
  memcpy(names[1], name, strlen(name) + 1);
  int error = 0;
  while (depth > 0 && error == 0) error = remove_level(folders, names, &depth);
  while (depth > 0) close_file(&folders[depth--]);
  return error;
}

/* ---- one entry */

static int make_link(const struct tree *tree, int parent, const char *name, const char *target) {
  int present = path_below(tree->root, target, O_PATH | O_NOFOLLOW);
  if (present < 0) return errno;
  char path[24];
  int error = linkat(AT_FDCWD, tree_name(present, path), parent, name, AT_SYMLINK_FOLLOW) < 0
                  ? errno : 0;
  close(present);
  return error;
}

static int make(int parent, const char *name, const struct tree_entry *entry, const char *link) {
  dev_t device = makedev(entry->major, entry->minor);
  switch (entry->mode & S_IFMT) {
    case S_IFDIR: return mkdirat(parent, name, 0700) < 0 ? errno : 0;
    case S_IFLNK: return symlinkat(link, parent, name) < 0 ? errno : 0;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
      return mknodat(parent, name, (entry->mode & S_IFMT) | 0600, device) < 0 ? errno : 0;
    case S_IFREG:
      file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
      return file < 0 ? errno : 0;
    default: return EPROTO;
  }
}

static int place(const struct tree *tree, int parent, const char *name,
                 const struct tree_entry *entry, const char *link, const char *attributes) {
  bool folder = S_ISDIR(entry->mode);
  struct stat present;
  bool merge = false;
  if (fstatat(parent, name, &present, AT_SYMLINK_NOFOLLOW) == 0) {
    bool there = S_ISDIR(present.st_mode);
    merge = folder && there;
    if ((entry->flags & TREE_KEEP_TYPES) != 0 && folder != there) return there ? EISDIR : ENOTDIR;
    int error = 0;
    if (!merge && there) error = remove_folder(parent, name);
    else if (!merge && unlinkat(parent, name, 0) < 0) error = errno;
    if (error != 0) return error;
  } else if (errno != ENOENT) {
    return errno;
  }
  if (S_ISREG(entry->mode) && *link != 0) return make_link(tree, parent, name, link);
  int error = merge ? 0 : make(parent, name, entry, link);
  if (error != 0) return error;
  if (file >= 0) {
    file_entry = *entry;
    memcpy(file_attributes, attributes, entry->attributes_size);
    return 0;
  }
  struct tree_node node;
  error = tree_open(tree, parent, name, &node);
  if (error != 0) return error;
  if ((node.entry.mode & S_IFMT) != (entry->mode & S_IFMT)) error = ESTALE;
  else if ((node.entry.place & TREE_OF_KERNEL) != 0) error = ENOTSUP;
  else error = describe(node.file, entry, attributes);
  close_file(&node.file);
  return error;
}

int tree_put(struct actor *actor, const struct tree *tree) {
  int error = tree_finish();
  if (error != 0) return error;
  const struct tree_entry entry = tree_in.entry;
  const char *path = tree_in.bytes + sizeof entry;
  const char *link = path + entry.name_size;
  char buffer[PATH_MAX];
  const char *name;
  int parent = path_parent(actor, true, path, buffer, &name);
  if (parent < 0) return errno;
  struct tree_entry above;
  error = tree_facts(tree, parent, &above);
  if (error == 0 && (above.place & TREE_OF_KERNEL) != 0) error = ENOTSUP;
  if (error == 0) error = place(tree, parent, name, &entry, link, link + entry.link_size);
  close(parent);
  return error;
}

int tree_times(const struct tree *tree) {
  int error = tree_finish();
  struct tree_node node;
  if (error == 0) error = tree_open(tree, tree->root, tree_in.bytes + sizeof(struct tree_entry), &node);
  /* A later entry, or the workload, took the folder's place. */
  if (error == ENOENT || error == ENOTDIR) return 0;
  if (error != 0) return error;
  if (S_ISDIR(node.entry.mode) && (node.entry.place & TREE_OF_KERNEL) == 0)
    error = set_times(node.file, &tree_in.entry);
  close_file(&node.file);
  return error == EROFS ? 0 : error;
}
