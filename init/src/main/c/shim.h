/*
 * The supervisor of one workload. One thread, one poll(2) loop, no heap: what it costs while the
 * workload runs is its stack, a few pages of data and one mapping per connected client.
 */
#ifndef ABODE_SHIM_H
#define ABODE_SHIM_H

#include "actor.h"
#include "channel.h"

#include <stdbool.h>
#include <stdint.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum state {
  STATE_WAITING,   /* for START */
  STATE_LAUNCHING, /* the stage runs */
  STATE_CREATED,   /* the launch goes on, up to where it needs PROCEED */
  STATE_BOOTING,   /* the machine runs, its workload does not yet */
  STATE_RUNNING,
  STATE_DRAINING, /* the workload ended, its output is still passed on */
  STATE_ENDING    /* all is said; clients are given time to take it */
};

/* log.c */
struct log {
  int file; /* -1 when there is none */
  const char *path;
  uint64_t part_bytes;
  uint32_t parts;
  uint64_t size;
  bool broken; /* the last write failed and was said so */
};

/* Opens the current part, cutting off a frame that a crash left unfinished. 0 or an errno. */
int log_open(struct log *log);
/* As above, a file of bytes that begins anew. */
int log_open_raw(struct log *log);
/* Appends one frame, header included; whole or not at all. */
void log_append(struct log *log, const char *frame, size_t size);
/* The largest payload that fits a part. */
size_t log_payload_limit(const struct log *log);

/* record.c */
struct outcome {
  pid_t pid;
  int status; /* of wait4(2) */
  bool machine_died; /* before its workload ended */
  uint64_t oom_kills;
  uint64_t started, finished; /* nanoseconds since the epoch */
  struct rusage usage;
};

enum { RECORD_LIMIT = 512 };
size_t record_format(const struct outcome *outcome, char text[RECORD_LIMIT]);
/* Reads what record_format wrote in a guest: its status, kills and usage. False when it is none. */
bool record_parse(struct outcome *outcome, const char *text, size_t size);
/* Writes `text` to `path` by way of a temporary name. 0 or an errno. */
int record_write(const char *path, const char *text, size_t size);
/* The number behind "oom_kill" in a cgroup file, 0 when it cannot be told. */
uint64_t record_oom_kills(const char *path);

/* A connection to this shim. */
struct client {
  struct client *next;
  uint8_t streams; /* ATTACH bits: 1 in, 2 out, 4 err; 0 when not attached */
  bool watching;
  bool untold;  /* has just begun to watch, and was not told the state yet */
  bool blocked; /* holds a frame that cannot be obeyed at present */
  bool froze;   /* the guest, and has not thawed it */
  uint16_t session; /* of the machine, that it joined; 0 for none */
  uint64_t ticket;  /* of the question that it waits for the answer of; 0 for none */
  uint32_t consumed; /* of the INPUT frame that it is blocked by */
  struct channel channel;
};

/* Nothing that it says or wants to hear matters any more. */
static inline void client_refuse(struct client *client) {
  client->channel.gone = client->channel.ended = true;
}
void client_send_frame(struct client *client, enum frame_type type, const void *payload,
                       size_t size);

/* Descriptors the shim is born with. */
enum { PLAN = 3, LISTENER = 4 };

enum {
  CLIENT_LIMIT = 4000,
  ENGINE_MILLIS = 10000, /* how long an unstarted shim lives without anyone watching it */
  STUCK_MILLIS = 5000    /* how long a client that takes nothing can delay the end */
};

enum { CONSOLE_BYTES = 128 << 10 }; /* of each of the two parts that are kept of a console */

#define NEVER UINT64_MAX /* a deadline */

struct output {
  int file; /* -1 once it ended */
  bool bounded;
  int left; /* when bounded: what may still be read */
};

extern struct supervisor {
  enum state state;
  bool in_guest; /* its only client is the agent, which may let it wait */
  int signals;
  int reports; /* from the stage and the workload; -1 when no launch is going on */
  int input;   /* the workload's standard input, or the terminal's master; -1 for none */
  struct output outputs[2];
  struct client *clients;
  int client_count;
  bool start_wanted;
  bool full; /* no descriptor was left for another client */
  struct log log;

  struct plan plan;
  int plan_error;
  uint32_t supervision;
  uint32_t drain_millis;
  bool owns_mounts;
  bool holds; /* a root for whoever watches, and for nobody else */
  int mounts; /* the workload's mount namespace, held until its end was told; -1 for none */
  const char *exit_path;
  const char *console_path;
  const char *oom_path;
  struct progress *progress;
  struct inheritance inheritance;

  pid_t stage;
  pid_t workload;
  uint64_t oom_kills; /* counted before the start */
  uint64_t start_ticks;
  struct winsize size; /* asked for before there was a terminal */
  bool end_input;      /* standard input is to end */
  uint32_t failure[3]; /* phase, step, errno */
  bool failed;
  struct outcome outcome;
  char record[RECORD_LIMIT];
  size_t record_size;
  uint64_t deadline; /* steady milliseconds; of the state's patience */
} shim;

/* streams.c */
enum { SUPERVISE_REMOTE = SUPERVISE_MACHINE | SUPERVISE_SESSION };
static inline bool is_machine(void) { return (shim.supervision & SUPERVISE_MACHINE) != 0; }
static inline bool is_session(void) { return (shim.supervision & SUPERVISE_SESSION) != 0; }
/* The workload runs in a guest. */
static inline bool is_remote(void) { return (shim.supervision & SUPERVISE_REMOTE) != 0; }
/* The streams are a terminal's here; a guest has its own. */
static inline bool is_terminal(void) {
  return (shim.supervision & (SUPERVISE_TERMINAL | SUPERVISE_REMOTE)) == SUPERVISE_TERMINAL;
}
static inline uint8_t stream_bit(int index) { return (uint8_t)(2 << index); } /* of ATTACH */
static inline void close_descriptor(int *descriptor) {
  if (*descriptor >= 0) close(*descriptor);
  *descriptor = -1;
}

void close_output(struct output *output);
/* Appends what a machine says on its console to a file of bounded size. */
void pass_console(void);
/* A terminal has no end that one could close without closing its output as well. */
void end_input(void);
/* Whether every client attached to the stream can take one more frame. */
bool clients_have_room(uint8_t bit);
/* Reads once from an output: into the log, and to the clients attached to it. */
void pass_output(int index);
/* Passes on a whole frame of output, at least 16 bytes at `frame`. */
void pass_frame(char *frame, uint8_t stream, size_t payload);
/* Passes an INPUT frame on. False when the workload takes no more of it at present. */
bool pass_input(struct client *client, const char *payload, uint32_t size);
/* Processes that outlive the workload may hold its pipes: they get no more than is there now. */
void bound_outputs(void);
bool output_left(void);
/* Whether an output waits for a client. */
bool backpressed(void);
/* Whether output is still in memory, and giving that memory back. */
bool output_remembered(void);
void forget_output(void);

/* launch.c */
void launch(void);
/* Ends a launch: nothing of it is left, and watchers know. */
void fail_launch(uint32_t phase, uint32_t step, int error);
/* As above, when a process of it died without a word. */
void launch_died(void);
/* As above, when the engine does not want it any more. */
void launch_abandon(void);
bool report_waits(void);
void read_reports(void);

/* service.c */
struct client *any_watcher(void);
/* Ends what is held once nobody is left to hold it for. */
void release_unwatched(void);
void tell_watchers(void);
void accept_clients(void);
/* `polled` has an entry for each of the first `count` clients, in their order. */
void serve_clients(const struct pollfd *polled, nfds_t count);
/* Serves those who connected before the start: they are to miss nothing. */
void serve_early_clients(void);
/* A client that has not taken a byte for so long keeps neither the log nor the others waiting. */
void drop_stuck_clients(void);
bool all_taken(void);
void tell_all(enum frame_type type, const void *payload, size_t size); /* who watches */

/* remote.c: the workload is in a guest, behind a channel to its agent or to the machine's shim. */

/* The machine runs: greets the agent. */
void remote_begin(void);
/* Joins the machine: 0 or an errno. */
int remote_join(void);
void remote_read(void);
/* What is to be sent once the events of a turn are dealt with, and what patience has run out. */
void remote_advance(void);
uint64_t remote_deadline(void);
/* Passes an INPUT frame on. False when it takes no more at present. */
bool remote_input(struct client *client, const char *payload, uint32_t size);
void remote_end_input(void);
/* Passes a small frame to the workload's session. False when it has to be tried again. */
bool remote_tell(enum frame_type type, const char *payload, uint32_t size);
bool remote_signal(uint32_t signal);
/* The machine's process ended. */
void remote_machine_ended(int status, const struct rusage *usage);
/* Whether the machine's process, or bytes it wrote, are still there. */
bool remote_left(void);
extern struct channel remote_channel;

/* relay.c: other shims' sessions in this machine, and questions to its agent. */

/* Whether the channel takes one more frame of any size. */
bool relay_has_room(void);
bool relay_join(struct client *client);
/* Passes a frame of a client that joined to its session. False when it has to be tried again. */
bool relay_to_guest(struct client *client, const struct frame *frame, const char *payload);
bool relay_question(struct client *client, const struct frame *frame, const char *payload);
/* Passes a frame of the guest on, to whom it is for. False when it breaks the protocol. */
bool relay_from_guest(const struct frame *frame, char *payload);
void relay_client_left(struct client *client);
/* Tells the guest of sessions whose clients left. */
void relay_advance(void);

/* shim.c */
/* What a shim can do before it has a plan. */
void shim_prepare(void);
/* Standard error leads nowhere so far: a file is opened for the first note. */
void shim_note_late(void);
/*
 * Forks a shim for each message: its text is the path of the shim's socket, its descriptors are the
 * plan and the listening socket. Returns in the shims; the process itself ends when the engine
 * closes its end.
 */
void nursery_run(void);
_Noreturn void shim_run(void);

uint64_t time_now(void);    /* nanoseconds since the epoch */
uint64_t time_steady(void); /* milliseconds of a clock that never jumps */
/* How the workload ended is known: on disk, then to the watchers. */
void finish(void);
/* When a client that takes nothing is not waited for any longer. */
uint64_t stuck_deadline(void);
/* Looks whether the workload ended. */
void collect_workload(void);
/*
 * The last holder of a mount namespace waits for the kernel to take it apart, and the workload's
 * parent would not hear of its end before that. Held by the shim, it is taken apart once the end was
 * told.
 */
void hold_mounts(void);
/* One line on standard error: what failed, on what number, why. */
void shim_note(const char *what, uint64_t where, int error);

/* main.c */
/* Takes the arguments out of /proc/PID/cmdline, which a container could read. */
void forget_arguments(void);
enum { SOCKET_PATH_LIMIT = 108 }; /* with its terminator, unix(7) */
/* ps(1) shows the path of the shim's socket from now on. */
void name_arguments(const char *socket);

#endif
