/*
 * The supervisor of one workload. One thread, one poll(2) loop, no heap: what it costs while the
 * workload runs is its stack, a few pages of data and one mapping per connected client.
 */
#ifndef ABODE_SHIM_H
#define ABODE_SHIM_H

#include "actor.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

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

/* shim.c */
_Noreturn void shim_run(void);

uint64_t time_now(void);    /* nanoseconds since the epoch */
uint64_t time_steady(void); /* milliseconds of a clock that never jumps */
/* One line on standard error: what failed, on what number, why. */
void shim_note(const char *what, uint64_t where, int error);

/* main.c */
/* Takes the arguments out of /proc/PID/cmdline, which a container could read. */
void forget_arguments(void);

#endif
