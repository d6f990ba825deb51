/*
 * The supervisor of one workload. One thread, one poll(2) loop, no heap: what it costs while the
 * workload runs is its stack, a few pages of data and one mapping per connected client.
 */
#ifndef ABODE_SHIM_H
#define ABODE_SHIM_H

#include "actor.h"

#include <stdbool.h>
#include <stdint.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum state {
  STATE_WAITING,   /* for START */
  STATE_LAUNCHING, /* the stage runs */
  STATE_CREATED,   /* the stage waits for PROCEED */
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
/* Appends one frame, header included; whole or not at all. */
void log_append(struct log *log, const char *frame, size_t size);
/* The largest payload that fits a part. */
size_t log_payload_limit(const struct log *log);

/* record.c */
struct outcome {
  pid_t pid;
  int status; /* of wait4(2) */
  uint64_t oom_kills;
  uint64_t started, finished; /* nanoseconds since the epoch */
  struct rusage usage;
};

enum { RECORD_LIMIT = 512 };
size_t record_format(const struct outcome *outcome, char text[RECORD_LIMIT]);
/* Writes `text` to `path` by way of a temporary name. 0 or an errno. */
int record_write(const char *path, const char *text, size_t size);
/* The number behind "oom_kill" in a cgroup file, 0 when it cannot be told. */
uint64_t record_oom_kills(const char *path);

/* clients.c */
enum { INPUT_BYTES = 16 + FRAME_PAYLOAD_LIMIT, OUTPUT_BYTES = 3 * (16 + FRAME_PAYLOAD_LIMIT) };

struct client {
  struct client *next;
  int socket;
  uint8_t streams; /* ATTACH bits: 1 in, 2 out, 4 err; 0 when not attached */
  bool watching;
  bool gone;    /* the peer takes nothing any more; what it sent before still counts */
  bool ended;   /* nor does anything come from it */
  bool blocked; /* holds input that the workload does not take at present */
  uint32_t consumed; /* of the INPUT frame at in[in_start] */
  uint32_t in_start, in_end, out_start, out_end;
  char in[INPUT_BYTES];
  char out[OUTPUT_BYTES];
};

/* Queues a frame for `client` and sends what the socket takes. Room was checked before. */
void client_send(struct client *client, const char *frame, size_t size);
void client_send_frame(struct client *client, enum frame_type type, const void *payload,
                       size_t size);
/* Sends what is queued. True when bytes moved. */
bool client_flush(struct client *client);
/* Whether one more frame of the largest size, and the shim's own small ones, fit. */
bool client_has_room(const struct client *client);

struct client *client_open(int socket);
void client_close(struct client *client);

enum reading { READ_NOTHING, READ_SOME, READ_END };
enum reading client_read(struct client *client);
/* The next whole frame, or NULL. `*header` is a copy. */
const char *client_frame(struct client *client, struct frame *header, bool *broken);
void client_frame_done(struct client *client, const struct frame *header);

/* Descriptors the shim is born with. */
enum { PLAN = 3, LISTENER = 4 };

enum {
  CLIENT_LIMIT = 4000,
  ENGINE_MILLIS = 10000, /* how long an unstarted shim lives without anyone watching it */
  STUCK_MILLIS = 5000    /* how long a client that takes nothing can delay the end */
};

struct output {
  int file; /* -1 once it ended */
  bool bounded;
  int left; /* when bounded: what may still be read */
};

extern struct supervisor {
  enum state state;
  int signals;
  int reports; /* from the stage and the workload; -1 when no launch is going on */
  int input;   /* the workload's standard input, or the terminal's master; -1 for none */
  struct output outputs[2];
  struct client *clients;
  int client_count;
  bool full; /* no descriptor was left for another client */
  struct log log;

  struct plan plan;
  int plan_error;
  uint32_t supervision;
  uint32_t drain_millis;
  bool owns_mounts;
  int mounts; /* the workload's mount namespace, held until its end was told; -1 for none */
  const char *exit_path;
  const char *oom_path;
  struct progress *progress;
  struct inheritance inheritance;

  pid_t stage;
  pid_t workload;
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
static inline bool is_terminal(void) { return (shim.supervision & SUPERVISE_TERMINAL) != 0; }
static inline uint8_t stream_bit(int index) { return (uint8_t)(2 << index); } /* of ATTACH */
static inline void close_descriptor(int *descriptor) {
  if (*descriptor >= 0) close(*descriptor);
  *descriptor = -1;
}

void close_output(struct output *output);
/* A terminal has no end that one could close without closing its output as well. */
void end_input(void);
/* Whether every client attached to the stream can take one more frame. */
bool clients_have_room(uint8_t bit);
/* Reads once from an output: into the log, and to the clients attached to it. */
void pass_output(int index);
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
void read_reports(void);

/* service.c */
struct client *any_watcher(void);
void tell_watchers(void);
void accept_clients(void);
/* `polled` has an entry for each of the first `count` clients, in their order. */
void serve_clients(const struct pollfd *polled, nfds_t count);
/* A client that has not taken a byte for so long keeps neither the log nor the others waiting. */
void drop_stuck_clients(void);
bool all_taken(void);

/* shim.c */
_Noreturn void shim_run(void);

uint64_t time_now(void);    /* nanoseconds since the epoch */
uint64_t time_steady(void); /* milliseconds of a clock that never jumps */
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

#endif
