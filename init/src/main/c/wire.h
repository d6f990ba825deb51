/*
 * What crosses between Java and this program: the plan (a memory file) and the frames (a socket).
 * Little-endian, fixed sizes, no pointers. The Java side is PlanEncoder and Frame; the two files are
 * read side by side when either changes, and WIRE_VERSION with them.
 */
#ifndef ABODE_WIRE_H
#define ABODE_WIRE_H

#include <assert.h>
#include <stdint.h>

#define WIRE_MAGIC 0x4e4c5041u /* "APLN" */
#define WIRE_VERSION 2u

enum { PLAN_LIMIT = 16 << 20, SLOT_LIMIT = 512, KEPT_FIRST = 700, KEPT_LIMIT = 8 };

enum op {
  OP_ENTER = 1,
  OP_OWN_MOUNTS,
  OP_MAP_IDS,
  OP_TELL_ENGINE,
  OP_AWAIT_ENGINE,
  OP_DETACH,
  OP_ATTACH,
  OP_MOUNT,
  OP_BIND,
  OP_CHANGE_MOUNT,
  OP_USE_ROOT,
  OP_MASK,
  OP_READ_ONLY_PATH,
  OP_PIVOT_ROOT,
  OP_WRITE_FILE,
  OP_MAKE_DIRECTORY,
  OP_MAKE_SYMLINK,
  OP_MAKE_DEVICE,
  OP_SET_HOSTNAME,
  OP_SET_DOMAINNAME,
  OP_LOOPBACK_UP,
  OP_SET_LIMIT,
  OP_OPEN_TERMINAL,
  OP_OWN_STREAMS,
  OP_SET_UMASK,
  OP_SET_GROUPS,
  OP_SET_USER,
  OP_BOUND_CAPABILITIES,
  OP_SET_CAPABILITIES,
  OP_NO_NEW_PRIVILEGES,
  OP_SECCOMP,
  OP_CHANGE_DIRECTORY,
  OP_STAY_AS_INIT,
  OP_EXECUTE,
  OP_HOLD,
  OP_AWAIT_DISK,
  OP_LOAD_MODULE,
  OP_MAKE_FILE,
  OP_NAME_INTERFACE,
  OP_RAISE_INTERFACE,
  OP_ADD_ADDRESS,
  OP_ADD_ROUTE,
  OP_SERVE_FILES,
  OP_OPEN_FILE,
  OP_KEEP_FILE,
  OP_ADD_NEIGHBOUR,
  OP_SMALL_PAGES,
  OP_RESTORE,
  OP_COUNT
};

/* step.flags */
enum {
  STEP_TOLERATED = 1 << 0,
  STEP_ROOTFS = 1 << 1,        /* the target is in the rootfs */
  STEP_SOURCE_ROOTFS = 1 << 2, /* the source is in the rootfs */
  STEP_RECURSIVE = 1 << 3,
  STEP_ID_MAPPED = 1 << 4,
  STEP_MAKE_FILE = 1 << 5,
  STEP_MAKE_DIRECTORY = 1 << 6,
  STEP_CONSOLE = 1 << 7,
  STEP_FLAGS = (1 << 8) - 1
};

struct step {
  uint32_t op;
  uint32_t flags;
  uint32_t text[3]; /* offsets of NUL-terminated strings in the area */
  uint32_t data;    /* offset of a blob in the area, a multiple of 8 */
  uint32_t data_size;
  uint32_t zero;
  uint64_t number[4];
};
static_assert(sizeof(struct step) == 64, "the wire form of a step");

/* plan_header.supervision */
enum {
  SUPERVISE_TERMINAL = 1 << 0,
  SUPERVISE_OPEN_STDIN = 1 << 1,
  SUPERVISE_CLOSE_STDIN_ONCE = 1 << 2,
  SUPERVISE_LOG = 1 << 3,
  SUPERVISE_EXIT_RECORD = 1 << 4,
  SUPERVISE_OOM_EVENTS = 1 << 5,
  SUPERVISE_MACHINE = 1 << 6, /* the workload runs in the machine that this plan launches */
  SUPERVISE_SESSION = 1 << 7, /* the workload runs in a machine that another shim supervises */
  SUPERVISE_RESUME = 1 << 8,  /* of a machine: its workload runs already, go on with it */
  SUPERVISE_IDLE = 1 << 9,    /* of a machine: its agent is greeted, and nothing is launched in it */
  SUPERVISE_FLAGS = (1 << 10) - 1
};

struct plan_header {
  uint32_t magic;
  uint32_t version;
  uint32_t size;  /* of the whole file */
  uint32_t steps[3]; /* how many of before, beside, inside, in this order behind the header */
  uint32_t clone_flags;
  uint32_t area; /* offset of the string area, a multiple of 8; it ends with the file */
  uint32_t supervision;
  uint16_t rows;
  uint16_t columns;
  uint32_t log_path; /* strings in the area */
  uint32_t exit_path;
  uint32_t oom_path;
  uint32_t log_files;
  uint64_t log_bytes;
  uint32_t drain_millis;
  uint32_t remote_path; /* of a machine its console's file, of a session the machine's socket */
  uint32_t guest;       /* a blob: the plan that is played in the guest */
  uint32_t guest_size;
};
static_assert(sizeof(struct plan_header) == 80, "the wire form of the header");

/* An array of strings in a blob: u64 offsets in the area, then this. */
#define ARRAY_END UINT64_MAX

enum phase {
  PHASE_SHIM,
  PHASE_BEFORE,
  PHASE_CLONE,
  PHASE_BESIDE,
  PHASE_INSIDE,
  PHASE_MACHINE, /* the machine ended, or its agent broke the protocol */
  PHASE_GUEST    /* plus one of the above, SHIM to INSIDE: in the guest */
};

enum frame_type {
  FRAME_OUTPUT = 1,
  FRAME_INPUT,
  FRAME_INPUT_END,
  FRAME_ATTACH,
  FRAME_ATTACHED,
  FRAME_WATCH,
  FRAME_START,
  FRAME_PROCEED,
  FRAME_SIGNAL,
  FRAME_RESIZE,
  FRAME_WAITING,
  FRAME_CREATED,
  FRAME_STARTED,
  FRAME_FAILED,
  FRAME_EXITED,
  /* Between shims, and between a shim and the agent in a guest. */
  FRAME_PLAN,    /* a part of the session's plan; the first part makes the session */
  FRAME_CREDIT,  /* u32: so many more bytes of OUTPUT or INPUT frames, headers included */
  FRAME_END,     /* kill the session */
  FRAME_GONE,    /* nothing more comes from the session; its number is free */
  FRAME_ENDED,   /* the workload ended, its output is still to come; overtakes that output */
  FRAME_JOIN,    /* give this connection a session of the machine */
  FRAME_JOINED,
  FRAME_BOOTING, /* u32 pid, u32 zero, u64 start ticks of the machine's process */
  FRAME_HELLO,   /* struct hello; its time sets the guest's clock */
  FRAME_READY,   /* lines of facts about the guest */
  FRAME_ASK,     /* u32 question, and a path with terminator where it takes one */
  FRAME_ANSWER,  /* u32 errno, and what was asked for */
  FRAME_ABANDON, /* the opposite of PROCEED */
  FRAME_TYPE_COUNT
};

/*
 * Flow control of a session, in each direction for itself: so many bytes of OUTPUT or INPUT frames,
 * headers included, may be under way that the other side has not granted again. All other frames
 * are small and few.
 */
enum { WINDOW_BYTES = 4 * (16 + 65536) };

/* frame.session */
enum {
  SESSION_WORKLOAD = 0,
  SESSION_LIMIT = 1024,
  SESSION_CONTROL = 0xffff /* HELLO, READY, ASK, ANSWER; the time of the latter two is a ticket */
};

enum { HELLO_RESUME = 1 << 0, SEED_BYTES = 64, FACTS_LIMIT = 512 };
struct hello {
  uint32_t version;
  uint32_t flags;
  uint8_t seed[SEED_BYTES];
};
static_assert(sizeof(struct hello) == 72, "the wire form of a greeting");

enum question {
  ASK_READ = 1, /* a file of a procfs, a sysfs or a cgroupfs */
  ASK_FREEZE,   /* the workload, and the file system at a path; the agent is silent until THAW or HELLO */
  ASK_THAW,
  ASK_POWER_OFF, /* end all, leave the disks clean; the answer says that it is done */
  ASK_STREAMS /* of a shim: u64[3], the inodes of its pipes to stdin, from stdout, from stderr, or 0 */
};
enum { ANSWER_LIMIT = 16384 };

enum { FRAME_PAYLOAD_LIMIT = 65536 };

struct frame {
  uint32_t size; /* of the payload */
  uint8_t type;
  uint8_t stream;
  uint16_t session; /* 0 but between a shim and the agent of a guest */
  uint64_t time; /* nanoseconds since the epoch */
};
static_assert(sizeof(struct frame) == 16, "the wire form of a frame's header");

#endif
