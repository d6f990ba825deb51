/* Files on their way out: a walk that sends each as it is met, while others may be changing them. */
#include "tree.h"
#include "kernel.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* A folder that is being walked. */
struct level {
  int folder;
  int64_t next;        /* where in it to go on */
  size_t name_size;    /* of the path up to it */
};

static struct level levels[TREE_DEPTH_LIMIT];
static struct tree_extent extents[TREE_EXTENT_LIMIT];
static char content[64 << 10];

/* ---- one file */

static bool is_wanted(const char *attribute) {
  return strncmp(attribute, "user.", 5) == 0 || strcmp(attribute, "security.capability") == 0 ||
         strcmp(attribute, "trusted.overlay.opaque") == 0;
}

/* Writes the attributes of a file to `at`; one that vanishes meanwhile is left out. */
static uint32_t add_attributes(int file, char *at, size_t limit) {
  static char names[64 << 10];
  char path[24];
  size_t used = 0;
  ssize_t size = listxattr(tree_name(file, path), names, sizeof names);
  for (ssize_t i = 0; i < size; i += (ssize_t)strlen(names + i) + 1) {
    uint32_t sizes[2] = {(uint32_t)strlen(names + i) + 1, 0};
    if (!is_wanted(names + i) || limit - used < sizeof sizes + sizes[0]) continue;
    char *value = at + used + sizeof sizes + sizes[0];
    size_t room = limit - used - sizeof sizes - sizes[0];
    ssize_t value_size = room == 0 ? -1 : getxattr(path, names + i, value, room);
    if (value_size < 0) continue;
    sizes[1] = (uint32_t)value_size;
    memcpy(at + used, sizes, sizeof sizes);
    memcpy(at + used + sizeof sizes, names + i, sizes[0]);
    used += sizeof sizes + sizes[0] + sizes[1];
  }
  return (uint32_t)used;
}

/* Where a file has data, in `extents`: how many there are. */
static uint32_t find_extents(int file, uint64_t size) {
  uint32_t count = 0;
  off_t at = 0;
  while ((uint64_t)at < size) {
    off_t data = lseek(file, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break; /* a hole to its end */
    if (data < 0) data = at;
    if ((uint64_t)data >= size) break;
    off_t hole = count + 1 == TREE_EXTENT_LIMIT ? -1 : lseek(file, data, SEEK_HOLE);
    if (hole <= data || (uint64_t)hole > size) hole = (off_t)size;
    extents[count++] = (struct tree_extent){(uint64_t)data, (uint64_t)(hole - data)};
    at = hole;
  }
  return count;
}

/* As many bytes as the extents promise: what a file lost meanwhile is zeros. */
static void send_content(int file, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint64_t done = 0;
    while (done < extents[i].length) {
      uint64_t left = extents[i].length - done;
      size_t part = left < sizeof content ? (size_t)left : sizeof content;
      ssize_t size = pread(file, content, part, (off_t)(extents[i].offset + done));
      if (size <= 0) {
        memset(content, 0, part);
        size = (ssize_t)part;
      }
      tree_write(content, (size_t)size);
      done += (uint64_t)size;
    }
  }
}

static size_t send_header(const struct tree_node *node, const char *name, uint32_t extent_count) {
  struct tree_entry *entry = &tree_out.entry;
  *entry = node->entry;
  size_t at = sizeof *entry;
  entry->name_size = (uint32_t)strlen(name) + 1;
  memcpy(tree_out.bytes + at, name, entry->name_size);
  at += entry->name_size;
  ssize_t link = S_ISLNK(entry->mode)
                     ? readlinkat(node->file, "", tree_out.bytes + at, PATH_MAX - 1) : 0;
  tree_out.bytes[at + (link < 0 ? 0 : (size_t)link)] = 0;
  entry->link_size = link < 0 ? 1 : (uint32_t)link + 1;
  at += entry->link_size;
  entry->attributes_size =
      add_attributes(node->file, tree_out.bytes + at, TREE_ATTRIBUTES_LIMIT);
  at += entry->attributes_size;
  entry->extents = extent_count;
  memcpy(tree_out.bytes + at, extents, extent_count * sizeof *extents);
  at += extent_count * sizeof *extents;
  struct tree_message message = {TREE_ENTRY, (uint32_t)at};
  tree_write(&message, sizeof message);
  tree_write(tree_out.bytes, at);
  return at;
}

void tree_send_node(const struct tree_node *node, const char *name) { send_header(node, name, 0); }

static void send_file(const struct tree_node *node, const char *name) {
  char path[24];
  /* The file that was looked at, whatever has its name by now. */
  int file = open(tree_name(node->file, path), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  uint32_t count = file < 0 ? 0 : find_extents(file, node->entry.size);
  send_header(node, name, count);
  send_content(file, count);
  close_file(&file);
}

/* Whether it is a folder to be walked. */
static bool send_one(const struct tree_node *node, const char *name, uint32_t flags) {
  const struct tree_entry *entry = &node->entry;
  bool users = (entry->place & TREE_OF_KERNEL) == 0;
  if (S_ISREG(entry->mode) && users && (flags & TREE_CONTENT_TOO) != 0) send_file(node, name);
  else if (users || S_ISDIR(entry->mode)) send_header(node, name, 0);
  return users && S_ISDIR(entry->mode);
}

/* ---- the walk */

static int push(int *depth, int file, size_t name_size) {
  if (*depth == TREE_DEPTH_LIMIT) return ENAMETOOLONG;
  char path[24];
  int folder = open(tree_name(file, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return errno;
  levels[(*depth)++] = (struct level){.folder = folder, .name_size = name_size};
  return 0;
}

/* Sends one name of the folder on top; a folder is pushed. */
static int send_name(const struct tree *tree, char path[PATH_MAX], const char *name,
                     uint32_t flags, int *depth) {
  size_t at = levels[*depth - 1].name_size;
  size_t length = strlen(name);
  if (at + 1 + length >= PATH_MAX) return ENAMETOOLONG;
  if (at > 0) path[at++] = '/';
  memcpy(path + at, name, length + 1);
  struct tree_node node;
  int error = tree_open(tree, levels[*depth - 1].folder, name, &node);
  if (error == ENOENT) return 0; /* it vanished meanwhile */
  if (error != 0) return error;
  if (send_one(&node, path, flags)) error = push(depth, node.file, at + length);
  close_file(&node.file);
  return error;
}

/* Sends what is left in the folder on top, up to and with the next folder in it. */
static int send_level(const struct tree *tree, char path[PATH_MAX], uint32_t flags, int *depth) {
  static char entries[32 << 10] __attribute__((aligned(8)));
  int level = *depth - 1;
  if (lseek(levels[level].folder, levels[level].next, SEEK_SET) < 0) return errno;
  long size = syscall(SYS_getdents64, levels[level].folder, entries, sizeof entries);
  if (size < 0 && errno != ENOENT) return errno;
  if (size <= 0) {
    close_file(&levels[level].folder);
    *depth = level;
    return 0;
  }
  int error = 0;
  for (long i = 0; i < size && error == 0 && *depth == level + 1;) {
    const struct dirent *entry = (const struct dirent *)(void *)(entries + i);
    i += entry->d_reclen;
    levels[level].next = entry->d_off;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    error = send_name(tree, path, entry->d_name, flags, depth);
  }
  return error;
}

static int walk(const struct tree *tree, const char *start, uint32_t flags) {
  struct tree_node node;
  char path[PATH_MAX] = "";
  int depth = 0;
  int error = tree_open(tree, tree->root, start, &node);
  if (error != 0) return error;
  if (send_one(&node, "", flags)) error = push(&depth, node.file, 0);
  close_file(&node.file);
  while (depth > 0 && error == 0) error = send_level(tree, path, flags, &depth);
  while (depth > 0) close_file(&levels[--depth].folder);
  return error;
}

void tree_send(const struct tree *tree, const char *path, uint32_t flags) {
  struct tree served = *tree;
  int error = 0;
  if ((flags & TREE_ROOT_MOUNT) != 0) {
    served.root = sys_open_tree(tree->root, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
    error = served.root < 0 ? errno : 0;
    served.root_mount = 0; /* the copy is a mount of its own, with nothing on it */
    served.device_mount = 0;
  }
  if (error == 0) error = walk(&served, path, flags);
  if ((flags & TREE_ROOT_MOUNT) != 0) close_file(&served.root);
  if (error == 0) tree_end();
  else tree_fail(error, path);
}
