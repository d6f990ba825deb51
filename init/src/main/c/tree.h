/*
 * A server of files: one tree, one caller on the standard streams, who sends requests and reads
 * answers. In a guest it is how the host sees files that only the guest's kernel may look into. The
 * Java side is TreeWire; the two are read side by side when either changes.
 */
#ifndef ABODE_TREE_H
#define ABODE_TREE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

enum tree_type {
  TREE_LOOK = 1, /* path; answered by ENTRY or FAILED */
  TREE_SEND,     /* u32 flags, path; answered by ENTRYs, the last followed by END or FAILED */
  TREE_PUT,      /* an entry, its name being a path; no answer */
  TREE_CONTENT,  /* u64 offset, bytes of the last PUT, a file; no answer */
  TREE_TIMES,    /* an entry, whose name is that of a folder; no answer */
  TREE_FINISH,   /* answered by END, unless FAILED was the answer to a PUT, CONTENT or TIMES */
  TREE_ENTRY,    /* an entry; after SEND with content its extents' bytes follow, without a header */
  TREE_FAILED,   /* u32 errno, u32 zero, path */
  TREE_END
};

struct tree_message {
  uint32_t type;
  uint32_t size;
};

/* flags of TREE_SEND */
enum {
  TREE_ROOT_MOUNT = 1 << 0, /* what lies under other mounts, instead of those */
  TREE_CONTENT_TOO = 1 << 1
};

/* tree_entry.place: where a file lies */
enum {
  TREE_ON_ROOT_MOUNT = 1 << 0,
  TREE_OF_KERNEL = 1 << 1, /* on a file system that the kernel makes up: not to be acted upon */
  TREE_READ_ONLY = 1 << 2
};

/* tree_entry.flags, of TREE_PUT */
enum { TREE_KEEP_TYPES = 1 << 0 };

/*
 * Followed by name and link, each with its terminator, then attributes (u32 size of the name with its
 * terminator, u32 size of the value, both), then extents (u64 offset, u64 length).
 */
struct tree_entry {
  uint32_t mode, uid, gid, links;
  uint64_t size, inode, device;
  uint32_t major, minor; /* of a device file */
  int64_t modified, accessed;
  uint32_t modified_nanos, accessed_nanos;
  uint32_t place, flags;
  uint32_t name_size, link_size, attributes_size, extents;
};
static_assert(sizeof(struct tree_entry) == 96, "the wire form of an entry");

struct tree_extent {
  uint64_t offset, length;
};

enum {
  TREE_MESSAGE_LIMIT = 256 << 10,
  TREE_ATTRIBUTES_LIMIT = 128 << 10,
  TREE_EXTENT_LIMIT = 1024, /* the last one reaches to the end of a file that has more */
  TREE_DEPTH_LIMIT = 512
};

struct actor;

/* The tree that is served. */
struct tree {
  int root;
  uint64_t root_mount;
  uint64_t device_mount; /* of /dev; 0 for none */
};

/* A descriptor of a file, its facts, and whether there are any. */
struct tree_node {
  int file; /* opened with O_PATH */
  struct tree_entry entry; /* without sizes */
};

/* A message that is read or written, aligned for what is in it. */
extern union tree_buffer {
  struct tree_entry entry;
  char bytes[TREE_MESSAGE_LIMIT];
} tree_in, tree_out;

static inline void close_file(int *file) {
  if (*file >= 0) close(*file);
  *file = -1;
}

/* tree.c */

/* Serves until standard input ends. Returns an errno when there is nothing to serve. */
int tree_serve(struct actor *actor);
/* Facts of an open file: 0 or an errno. */
int tree_facts(const struct tree *tree, int file, struct tree_entry *entry);
/* Opens `name` in `folder`, itself and never what it leads to. Returns 0 or an errno. */
int tree_open(const struct tree *tree, int folder, const char *name, struct tree_node *node);
/* The name of a descriptor relative to the working directory, which is /proc/self/fd. */
const char *tree_name(int file, char buffer[24]);
/* All of it, or the process ends: nobody is left to hear or to say anything. */
void tree_write(const void *bytes, size_t size);
void tree_read(void *bytes, size_t size);
void tree_fail(int error, const char *path);
void tree_end(void);
/* Whether a message of `size` bytes in tree_in is an entry; its strings are then whole. */
bool tree_is_entry(size_t size);

/* tree_send.c */

/* Answers with a node alone, under the name `name`. */
void tree_send_node(const struct tree_node *node, const char *name);
void tree_send(const struct tree *tree, const char *path, uint32_t flags);

/* tree_put.c: each returns 0 or an errno. */

int tree_put(struct actor *actor, const struct tree *tree);
int tree_content(uint64_t offset, const char *bytes, size_t size);
int tree_times(const struct tree *tree);
/* Nothing more comes for the last entry. */
int tree_finish(void);

#endif
