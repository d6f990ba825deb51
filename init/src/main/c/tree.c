/* The loop of the server of files, and what both ways have in common. */
#include "tree.h"
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

union tree_buffer tree_in, tree_out;

/* struct statx of linux/stat.h, which quarrels with the library's headers. */
struct facts {
  uint32_t mask, block_size;
  uint64_t attributes;
  uint32_t links, uid, gid;
  uint16_t mode, zero;
  uint64_t inode, size, blocks, attributes_mask;
  struct {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t zero;
  } accessed, born, changed, modified;
  uint32_t represents_major, represents_minor, device_major, device_minor;
  uint64_t mount;
  uint64_t spare[13];
};
static_assert(sizeof(struct facts) == 256, "struct statx");
enum { BASIC_FACTS_AND_MOUNT = 0x17ff }; /* STATX_BASIC_STATS | STATX_MNT_ID */

void tree_write(const void *bytes, size_t size) {
  const char *at = bytes;
  while (size > 0) {
    ssize_t written = write(STDOUT_FILENO, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(1);
    at += written;
    size -= (size_t)written;
  }
}

static bool read_whole(void *bytes, size_t size) {
  char *at = bytes;
  while (size > 0) {
    ssize_t count = read(STDIN_FILENO, at, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += count;
    size -= (size_t)count;
  }
  return true;
}

void tree_read(void *bytes, size_t size) {
  if (!read_whole(bytes, size)) _exit(1);
}

void tree_fail(int error, const char *path) {
  uint32_t size = (uint32_t)strnlen(path, PATH_MAX);
  struct {
    struct tree_message message;
    uint32_t error, zero;
  } failure = {{TREE_FAILED, 8 + size}, (uint32_t)error, 0};
  tree_write(&failure, sizeof failure);
  tree_write(path, size);
}

void tree_end(void) {
  struct tree_message end = {TREE_END, 0};
  tree_write(&end, sizeof end);
}

const char *tree_name(int file, char buffer[24]) {
  decimal((uint64_t)file, buffer);
  return buffer;
}

/* File systems that the kernel makes up, by their magic numbers: MountTable has them by name. */
static bool is_of_kernel(uint64_t type) {
  static const uint32_t types[] = {
      0x9fa0,     /* proc */
      0x62656572, /* sysfs */
      0x63677270, /* cgroup2 */
      0x27e0eb,   /* cgroup */
      0x1cd1,     /* devpts */
      0x19800202, /* mqueue */
      0x64626720, /* debugfs */
      0x74726163, /* tracefs */
      0x73636673, /* securityfs */
      0x6165676c, /* pstore */
      0xcafe4a11, /* bpf */
      0x42494e4d, /* binfmt_misc */
      0x958458f6, /* hugetlbfs */
      0xde5e81e4, /* efivarfs */
      0x6e736673, /* nsfs */
      0x62656570, /* configfs */
      0x65735543, /* fusectl */
      0x0187,     /* autofs */
      0xf97cff8c, /* selinuxfs */
  };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (type == types[i]) return true;
  }
  return false;
}

static uint32_t place_of(const struct tree *tree, int file, uint64_t mount) {
  /* A walk stays on a mount for long. */
  static uint64_t last_mount;
  static uint32_t last_place;
  if (mount == last_mount) return last_place;
  struct statfs status;
  if (fstatfs(file, &status) < 0) return TREE_OF_KERNEL;
  uint32_t place = 0;
  if (mount == tree->root_mount) place |= TREE_ON_ROOT_MOUNT;
  else if (mount == tree->device_mount || is_of_kernel((uint64_t)status.f_type))
    place |= TREE_OF_KERNEL;
  if (((unsigned long)status.f_flags & ST_RDONLY) != 0) place |= TREE_READ_ONLY;
  last_mount = mount;
  last_place = place;
  return place;
}

static int stat_file(int file, struct facts *facts) {
  return syscall(SYS_statx, file, "", AT_EMPTY_PATH, BASIC_FACTS_AND_MOUNT, facts) < 0 ? errno : 0;
}

int tree_facts(const struct tree *tree, int file, struct tree_entry *entry) {
  struct facts facts;
  int error = stat_file(file, &facts);
  if (error != 0) return error;
  *entry = (struct tree_entry){.mode = facts.mode,
                               .uid = facts.uid,
                               .gid = facts.gid,
                               .links = facts.links,
                               .size = facts.size,
                               .inode = facts.inode,
                               .device = (uint64_t)facts.device_major << 32 | facts.device_minor,
                               .major = facts.represents_major,
                               .minor = facts.represents_minor,
                               .modified = facts.modified.seconds,
                               .modified_nanos = facts.modified.nanoseconds,
                               .accessed = facts.accessed.seconds,
                               .accessed_nanos = facts.accessed.nanoseconds,
                               .place = place_of(tree, file, facts.mount)};
  return 0;
}

int tree_open(const struct tree *tree, int folder, const char *name, struct tree_node *node) {
  node->file = path_below(folder, *name == 0 ? "." : name, O_PATH | O_NOFOLLOW);
  if (node->file < 0) return errno;
  int error = tree_facts(tree, node->file, &node->entry);
  if (error != 0) close_file(&node->file);
  return error;
}

/* ---- requests */

bool tree_is_entry(size_t size) {
  const struct tree_entry *entry = &tree_in.entry;
  if (size < sizeof *entry || entry->name_size < 1 || entry->name_size > PATH_MAX ||
      entry->link_size < 1 || entry->link_size > PATH_MAX || entry->extents != 0 ||
      entry->attributes_size > TREE_ATTRIBUTES_LIMIT)
    return false;
  size_t strings = (size_t)entry->name_size + entry->link_size;
  if (size != sizeof *entry + strings + entry->attributes_size) return false;
  const char *name = tree_in.bytes + sizeof *entry;
  return name[entry->name_size - 1] == 0 && name[strings - 1] == 0;
}

/* The path at `at` of a message of `size` bytes; it gets its terminator. NULL when it is none. */
static char *path_at(size_t at, size_t size) {
  if (size < at || size - at >= PATH_MAX) return NULL;
  tree_in.bytes[size] = 0;
  return tree_in.bytes + at;
}

static void look(const struct tree *tree, const char *path) {
  struct tree_node node;
  int error = tree_open(tree, tree->root, path, &node);
  if (error != 0) {
    tree_fail(error, path);
    return;
  }
  tree_send_node(&node, "");
  close_file(&node.file);
}

/* What needs no answer unless it fails. */
static int take(struct actor *actor, const struct tree *tree, uint32_t type, size_t size) {
  if (type == TREE_PUT) return tree_is_entry(size) ? tree_put(actor, tree) : EPROTO;
  if (type == TREE_TIMES) return tree_is_entry(size) ? tree_times(tree) : EPROTO;
  uint64_t offset;
  if (size < sizeof offset) return EPROTO;
  memcpy(&offset, tree_in.bytes, sizeof offset);
  return tree_content(offset, tree_in.bytes + sizeof offset, size - sizeof offset);
}

static bool answer(struct actor *actor, const struct tree *tree, bool *failed) {
  struct tree_message message;
  if (!read_whole(&message, sizeof message) || message.size >= sizeof tree_in.bytes) return false;
  tree_read(tree_in.bytes, message.size);
  uint32_t flags;
  char *path;
  switch ((enum tree_type)message.type) {
    case TREE_LOOK:
      if ((path = path_at(0, message.size)) == NULL) return false;
      look(tree, path);
      return true;
    case TREE_SEND:
      if ((path = path_at(sizeof flags, message.size)) == NULL) return false;
      memcpy(&flags, tree_in.bytes, sizeof flags);
      tree_send(tree, path, flags);
      return true;
    case TREE_PUT:
    case TREE_CONTENT:
    case TREE_TIMES:
      if (*failed) return true;
      int error = take(actor, tree, message.type, message.size);
      if (error == 0) return true;
      *failed = true;
      tree_fail(error, message.type == TREE_CONTENT ? "" : tree_in.bytes + sizeof(struct tree_entry));
      return true;
    case TREE_FINISH:
      if (!*failed) {
        int unfinished = tree_finish();
        if (unfinished == 0) tree_end();
        else tree_fail(unfinished, "");
      }
      *failed = false;
      return true;
    case TREE_ENTRY:
    case TREE_FAILED:
    case TREE_END:
      return false;
  }
  return false;
}

/* ---- the tree */

/* The mount namespace of the machine's workload: its root is then ours. */
static int enter_workload(void) {
  char path[64];
  if (machine_workload->pid <= 0) return ESRCH;
  int mounts = open(process_file((uint64_t)machine_workload->pid, "/ns/mnt", path),
                    O_RDONLY | O_CLOEXEC);
  if (mounts < 0) return errno;
  int error = setns(mounts, CLONE_NEWNS_FLAG) < 0 ? errno : 0;
  close(mounts);
  return error;
}

static int open_tree(struct actor *actor, struct tree *tree) {
  /* Before our own /proc is out of sight. Paths relative to it reach what is open. */
  int descriptors = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptors < 0) return errno;
  if (actor->root < 0) {
    int error = enter_workload();
    if (error != 0) return error;
    actor->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (actor->root < 0) return errno;
  }
  if (fchdir(descriptors) < 0) return errno;
  close(descriptors);
  struct facts facts;
  int error = stat_file(actor->root, &facts);
  if (error != 0) return error;
  *tree = (struct tree){.root = actor->root, .root_mount = facts.mount};
  int devices = path_below(tree->root, "/dev", O_PATH | O_DIRECTORY);
  if (devices >= 0 && stat_file(devices, &facts) == 0 && facts.mount != tree->root_mount)
    tree->device_mount = facts.mount;
  if (devices >= 0) close(devices);
  return 0;
}

int tree_serve(struct actor *actor) {
  struct tree tree;
  int error = open_tree(actor, &tree);
  if (error != 0) return error;
  umask(0);
  actor->progress->committed = 1;
  close(actor->reports); /* which is what tells the shim */
  bool failed = false;
  while (answer(actor, &tree, &failed)) {
  }
  _exit(0);
}
