#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

/* Descriptors the shim is born with. */
enum { PLAN = 3, LISTENER = 4 };

enum {
  CLIENT_LIMIT = 4000,
  ENGINE_MILLIS = 10000, /* how long an unstarted shim lives without anyone watching it */
  STUCK_MILLIS = 5000    /* how long a client that takes nothing can delay the end */
};

/* Steps of PHASE_SHIM in a FAILED frame. */
enum { SHIM_PLAN, SHIM_LOG, SHIM_STREAMS, SHIM_STAGE };

struct output {
  int file; /* -1 once it ended */
  bool bounded;
  int left; /* when bounded: what may still be read */
};

static struct {
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

static char paths[3 * PATH_MAX]; /* outlive the plan */

/* One frame, header first, so that one write sends it. */
enum { PAGE = 4096, CHUNK_BYTES = (FRAME_PAYLOAD_LIMIT / PAGE + 1) * PAGE };
static _Alignas(PAGE) char chunk[CHUNK_BYTES];
static bool chunk_touched; /* beyond its first page */

uint64_t time_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t time_steady(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void shim_note(const char *what, uint64_t where, int error) {
  char text[160] = "abode-init: ";
  size_t at = strlen(text);
  size_t length = strnlen(what, 80);
  memcpy(text + at, what, length);
  at += length;
  text[at++] = ' ';
  at += decimal(where, text + at);
  memcpy(text + at, ": errno ", 8);
  at += 8;
  at += decimal((uint64_t)error, text + at);
  text[at++] = '\n';
  if (write(STDERR_FILENO, text, at) < 0) return; /* nowhere left to say so */
}

/* ---- clients */

static struct client *any_watcher(void) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (client->watching && !client->gone) return client;
  }
  return NULL;
}

static void tell_state(struct client *client) {
  uint32_t pid = (uint32_t)shim.workload;
  switch (shim.state) {
    case STATE_WAITING:
    case STATE_LAUNCHING:
      client_send_frame(client, FRAME_WAITING, NULL, 0);
      return;
    case STATE_CREATED:
      client_send_frame(client, FRAME_CREATED, &pid, sizeof pid);
      return;
    case STATE_RUNNING:
    case STATE_DRAINING: {
      struct { uint32_t pid, zero; uint64_t ticks; } started = {pid, 0, shim.start_ticks};
      client_send_frame(client, FRAME_STARTED, &started, sizeof started);
      return;
    }
    case STATE_ENDING:
      if (shim.failed) client_send_frame(client, FRAME_FAILED, shim.failure, sizeof shim.failure);
      else client_send_frame(client, FRAME_EXITED, shim.record, shim.record_size);
      return;
  }
}

static void tell_watchers(void) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (client->watching) tell_state(client);
  }
}

static void drop_client(struct client *gone) {
  for (struct client **at = &shim.clients; *at != NULL; at = &(*at)->next) {
    if (*at != gone) continue;
    *at = gone->next;
    break;
  }
  if ((gone->streams & 1) != 0 && (shim.supervision & SUPERVISE_CLOSE_STDIN_ONCE) != 0)
    shim.end_input = true;
  /* An engine that dies before it starts a workload leaves nothing half made. */
  if (gone->watching && shim.state == STATE_WAITING) shim.deadline = 0;
  client_close(gone);
  shim.client_count--;
  shim.full = false;
}

static void accept_clients(void) {
  while (shim.client_count < CLIENT_LIMIT) {
    int socket = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
        shim.full = true; /* until one leaves */
      return;
    }
    struct client *client = client_open(socket);
    if (client == NULL) {
      close(socket);
      return;
    }
    /* At the end: the first to come is the first whose input is passed on. */
    struct client **at = &shim.clients;
    while (*at != NULL) at = &(*at)->next;
    *at = client;
    shim.client_count++;
  }
}

/* ---- the workload's streams */

static void close_descriptor(int *descriptor) {
  if (*descriptor >= 0) close(*descriptor);
  *descriptor = -1;
}

static bool is_terminal(void) { return (shim.supervision & SUPERVISE_TERMINAL) != 0; }

static void close_output(struct output *output) {
  /* The terminal's master is both input and output. */
  if (is_terminal()) shim.input = -1;
  close_descriptor(&output->file);
}

/* A terminal has no end that one could close without closing its output as well. */
static void end_input(void) {
  if (!is_terminal()) close_descriptor(&shim.input);
}

static bool clients_have_room(uint8_t stream_bit) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (!client->gone && (client->streams & stream_bit) != 0 && !client_has_room(client))
      return false;
  }
  return true;
}

static uint8_t stream_bit(int index) { return (uint8_t)(2 << index); }

static void pass_output(int index) {
  struct output *output = &shim.outputs[index];
  size_t limit = log_payload_limit(&shim.log);
  if (output->bounded && (size_t)output->left < limit) limit = (size_t)output->left;
  ssize_t size = limit == 0 ? 0 : read(output->file, chunk + sizeof(struct frame), limit);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) { /* a terminal ends with EIO */
    close_output(output);
    return;
  }
  if (output->bounded) output->left -= (int)size;
  struct frame header = {.size = (uint32_t)size,
                         .type = FRAME_OUTPUT,
                         .stream = (uint8_t)(index + 1),
                         .time = time_now()};
  memcpy(chunk, &header, sizeof header);
  size_t whole = sizeof header + (size_t)size;
  log_append(&shim.log, chunk, whole);
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if ((client->streams & stream_bit(index)) != 0) client_send(client, chunk, whole);
  }
  if (whole > PAGE) chunk_touched = true;
}

/* Passes the payload on. False when the workload takes no more of it at present. */
static bool pass_input(struct client *client, const char *payload, uint32_t size) {
  while (client->consumed < size && shim.input >= 0) {
    ssize_t written = write(shim.input, payload + client->consumed, size - client->consumed);
    if (written >= 0) client->consumed += (uint32_t)written;
    else if (errno == EAGAIN) return false;
    else if (errno != EINTR) { /* EPIPE, or EIO of a terminal: it does not read any more */
      end_input();
      client->consumed = size;
    }
  }
  /* Before the start there is no pipe yet, and what comes early must not be lost. */
  return shim.state >= STATE_RUNNING || shim.input >= 0 || client->consumed >= size;
}

/* ---- the launch */

static void fail_launch(uint32_t phase, uint32_t step, int error);

static int above_streams(int *descriptor) {
  /* Out of the way of the numbers that the stage gives to its descriptors. */
  int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, 16);
  if (moved < 0) return errno;
  close(*descriptor);
  *descriptor = moved;
  return 0;
}

/* A pipe whose end `ours` does not block; the workload's does, as programs expect. */
static int make_pipe(int *ours, int *theirs, bool we_read) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return errno;
  *ours = ends[we_read ? 0 : 1];
  *theirs = ends[we_read ? 1 : 0];
  if (fcntl(*ours, F_SETFL, O_NONBLOCK) < 0) return errno;
  return above_streams(theirs);
}

static int open_streams(int streams[3]) {
  if (is_terminal()) {
    for (int stream = 0; stream < 3; stream++) {
      streams[stream] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 16);
      if (streams[stream] < 0) return errno;
    }
    return 0;
  }
  int error = make_pipe(&shim.input, &streams[0], false);
  if (error == 0) error = make_pipe(&shim.outputs[0].file, &streams[1], true);
  if (error == 0) error = make_pipe(&shim.outputs[1].file, &streams[2], true);
  /* No input is a pipe without a writer: it reads end-of-file, and shows nothing of the host. */
  if ((shim.supervision & SUPERVISE_OPEN_STDIN) == 0) end_input();
  return error;
}

static void launch(void) {
  shim.state = STATE_LAUNCHING;
  if (shim.plan_error != 0) {
    fail_launch(PHASE_SHIM, SHIM_PLAN, shim.plan_error);
    return;
  }
  if ((shim.supervision & SUPERVISE_LOG) != 0) {
    int error = log_open(&shim.log);
    if (error != 0) {
      fail_launch(PHASE_SHIM, SHIM_LOG, error);
      return;
    }
  }
  int streams[3] = {-1, -1, -1};
  int error = open_streams(streams);
  int reports[2] = {-1, -1};
  if (error == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, reports) < 0)
    error = errno;
  if (error == 0) error = above_streams(&reports[1]);
  shim.reports = reports[0];
  if (error == 0) {
    shim.outcome.oom_kills = record_oom_kills(shim.oom_path);
    shim.stage = sys_clone(0, SIGCHLD);
    if (shim.stage == 0)
      stage_run(&shim.plan, shim.progress, reports[1], streams, &shim.inheritance);
    if (shim.stage < 0) {
      shim.stage = 0;
      fail_launch(PHASE_SHIM, SHIM_STAGE, errno);
    }
  } else {
    fail_launch(PHASE_SHIM, SHIM_STREAMS, error);
  }
  close_descriptor(&reports[1]);
  for (int stream = 0; stream < 3; stream++) close_descriptor(&streams[stream]);
}

/* Ends what the launch left half made, and collects it. */
static void sweep(void) {
  if (shim.stage > 0) kill(shim.stage, SIGKILL);
  if (shim.workload > 0) kill(shim.workload, SIGKILL);
  close_descriptor(&shim.reports);
  /* Until ECHILD. A workload that was cloned but not told of yet ends by itself, because nobody is
   * left to release it. */
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
  }
}

static void fail_launch(uint32_t phase, uint32_t step, int error) {
  sweep();
  shim.failed = true;
  shim.failure[0] = phase;
  shim.failure[1] = step;
  shim.failure[2] = (uint32_t)error;
  shim.workload = 0;
  close_output(&shim.outputs[0]);
  close_output(&shim.outputs[1]);
  end_input();
  shim.state = STATE_ENDING;
  shim.deadline = time_steady() + STUCK_MILLIS;
  tell_watchers();
}

/* A process of the launch died without a word; the kernel's reason stands in for an errno. */
static int errno_of_death(int signal) {
  if (signal == SIGKILL) return ENOMEM; /* the OOM killer */
  if (signal == SIGSYS) return ENOSYS;  /* a seccomp filter */
  return ESRCH;
}

/* The signal that ended `pid`, 0 for none. Waits, for a process that is already on its way out. */
static int death_of(pid_t pid) {
  siginfo_t info = {0};
  if (pid <= 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0) return 0;
  return info.si_code == CLD_EXITED ? 0 : info.si_status;
}

/* The workload dies with the stage, so its own death by a signal is the cause, if it was one. */
static void launch_died(void) {
  int signal = death_of(shim.workload);
  if (signal == 0) signal = death_of(shim.stage);
  fail_launch(shim.progress->phase, shim.progress->step, errno_of_death(signal));
}

static void workload_ended(void) {
  shim.outcome.finished = time_now();
  end_input();
  shim.state = STATE_DRAINING;
  shim.deadline = time_steady() + shim.drain_millis;
}

static void collect_workload(void) {
  if (wait4(shim.workload, &shim.outcome.status, WNOHANG, &shim.outcome.usage) == shim.workload)
    workload_ended();
}

/*
 * The last holder of a mount namespace waits for the kernel to take it apart, and the workload's
 * parent would not hear of its end before that. Held here, it is taken apart once the end was told.
 */
static void hold_mounts(void) {
  if (!shim.owns_mounts) return;
  char path[64];
  shim.mounts = open(process_file((uint64_t)shim.workload, "/ns/mnt", path), O_RDONLY | O_CLOEXEC);
}

/* Every holder of the socket closed it: by execve(2), or by dying. */
static void launch_complete(void) {
  if (shim.workload == 0 || shim.progress->committed == 0) {
    launch_died();
    return;
  }
  close_descriptor(&shim.reports);
  waitpid(shim.stage, NULL, 0);
  shim.stage = 0;
  munmap(shim.progress, sizeof *shim.progress);
  shim.progress = NULL;
  plan_unload(&shim.plan);
  shim.state = STATE_RUNNING;
  shim.outcome.pid = shim.workload;
  shim.outcome.started = time_now();
  tell_watchers();
  hold_mounts();
  collect_workload(); /* its SIGCHLD may have come and gone with the stage's */
}

static void take_master(int master) {
  shim.outputs[0].file = master;
  shim.input = master;
  if (shim.size.ws_row != 0 || shim.size.ws_col != 0) ioctl(master, TIOCSWINSZ, &shim.size);
}

static void read_reports(void) {
  struct report report;
  int descriptor = -1;
  int count = 0;
  ssize_t received =
      descriptors_receive(shim.reports, &report, sizeof report, &descriptor, 1, &count);
  if (received < 0) return;
  if (received == 0) {
    launch_complete();
    return;
  }
  switch ((enum report_kind)report.kind) {
    case REPORT_WORKLOAD:
      shim.workload = (pid_t)report.a;
      process_start_ticks(report.a, &shim.start_ticks);
      return;
    case REPORT_CREATED:
      shim.state = STATE_CREATED;
      tell_watchers();
      return;
    case REPORT_NOTE:
      shim_note(report.a == PHASE_INSIDE   ? "tolerated: inside, step"
                : report.a == PHASE_BESIDE ? "tolerated: beside, step"
                                           : "tolerated: before, step",
                report.b, (int)report.c);
      return;
    case REPORT_FAILED:
      fail_launch(report.a, report.b, (int)report.c);
      return;
    case REPORT_TERMINAL:
      if (count == 1) take_master(descriptor);
      return;
  }
}

/* ---- the end */

static void leave(void) {
  close_descriptor(&shim.mounts); /* before the connections end: then nothing is mounted any more */
  struct sockaddr_un address;
  socklen_t size = sizeof address;
  if (getsockname(LISTENER, (struct sockaddr *)&address, &size) == 0 &&
      size > sizeof(sa_family_t) && address.sun_path[0] == '/') {
    address.sun_path[sizeof address.sun_path - 1] = 0;
    unlink(address.sun_path);
  }
  _exit(0);
}

static void finish(void) {
  uint64_t before = shim.outcome.oom_kills;
  uint64_t after = record_oom_kills(shim.oom_path);
  shim.outcome.oom_kills = after > before ? after - before : 0;
  shim.record_size = record_format(&shim.outcome, shim.record);
  if ((shim.supervision & SUPERVISE_EXIT_RECORD) != 0) {
    int error = record_write(shim.exit_path, shim.record, shim.record_size);
    if (error != 0) shim_note("cannot write the exit record of", (uint64_t)shim.workload, error);
  }
  shim.state = STATE_ENDING;
  shim.deadline = time_steady() + STUCK_MILLIS;
  tell_watchers();
}

static void collect(void) {
  struct signalfd_siginfo info;
  if (read(shim.signals, &info, sizeof info) < 0) return;
  if (shim.state == STATE_RUNNING) {
    collect_workload();
    return;
  }
  /* While launching the socket's end tells all, but for a stage that waits for the engine while its
   * workload is dead. */
  if (shim.state == STATE_CREATED) {
    siginfo_t dead = {0};
    waitid(P_PID, (id_t)shim.workload, &dead, WEXITED | WNOHANG | WNOWAIT);
    if (dead.si_pid == shim.workload) launch_died();
  }
}

/* Processes that outlive the workload may hold its pipes: they get this long and what is there. */
static void bound_outputs(void) {
  for (int index = 0; index < 2; index++) {
    struct output *output = &shim.outputs[index];
    if (output->file < 0 || output->bounded) continue;
    output->bounded = true;
    if (ioctl(output->file, FIONREAD, &output->left) < 0) output->left = 0;
    if (output->left == 0) close_output(output);
  }
}

/* ---- frames from clients */

static void resize(const char *payload) {
  memcpy(&shim.size.ws_row, payload, 2);
  memcpy(&shim.size.ws_col, payload + 2, 2);
  if (is_terminal() && shim.input >= 0) ioctl(shim.input, TIOCSWINSZ, &shim.size);
}

static void send_signal(const char *payload) {
  uint32_t signal;
  memcpy(&signal, payload, sizeof signal);
  /* Not reaped yet, so the pid cannot mean another process. */
  if (shim.state == STATE_RUNNING && signal > 0 && signal < NSIG)
    kill(shim.workload, (int)signal);
}

static void attach(struct client *client, uint8_t streams) {
  client->streams = streams & 7;
  client_send_frame(client, FRAME_ATTACHED, NULL, 0);
}

/* Obeys one frame. False when it has to be tried again later. */
static bool obey(struct client *client, const struct frame *frame, const char *payload) {
  switch ((enum frame_type)frame->type) {
    case FRAME_INPUT:
      return (client->streams & 1) == 0 || (shim.supervision & SUPERVISE_OPEN_STDIN) == 0 ||
             pass_input(client, payload, frame->size);
    case FRAME_INPUT_END:
      if ((client->streams & 1) != 0 && (shim.supervision & SUPERVISE_CLOSE_STDIN_ONCE) != 0)
        shim.end_input = true;
      client->streams &= (uint8_t)~1;
      return true;
    case FRAME_ATTACH:
      if (frame->size >= 1) attach(client, (uint8_t)payload[0]);
      return true;
    case FRAME_WATCH:
      client->watching = true;
      tell_state(client);
      return true;
    case FRAME_START:
      if (shim.state == STATE_WAITING) launch();
      return true;
    case FRAME_PROCEED:
      if (shim.state == STATE_CREATED) {
        shim.state = STATE_LAUNCHING;
        if (send(shim.reports, "", 1, MSG_NOSIGNAL) < 0) launch_died();
      }
      return true;
    case FRAME_SIGNAL:
      if (frame->size >= 4) send_signal(payload);
      return true;
    case FRAME_RESIZE:
      if (frame->size >= 4) resize(payload);
      return true;
    case FRAME_OUTPUT:
    case FRAME_ATTACHED:
    case FRAME_WAITING:
    case FRAME_CREATED:
    case FRAME_STARTED:
    case FRAME_FAILED:
    case FRAME_EXITED:
      return true; /* the shim's own words: nothing to obey */
  }
  return true;
}

static void obey_all(struct client *client) {
  struct frame header;
  bool broken = false;
  const char *payload;
  client->blocked = false;
  while ((payload = client_frame(client, &header, &broken)) != NULL) {
    if (!obey(client, &header, payload)) {
      client->blocked = true;
      return;
    }
    client_frame_done(client, &header);
  }
  if (broken) client->gone = client->ended = true;
}

static void read_client(struct client *client) {
  for (;;) {
    enum reading reading = client_read(client);
    if (reading == READ_END) client->gone = client->ended = true;
    if (reading != READ_SOME) return;
    obey_all(client);
    if (client->blocked || client->ended) return;
  }
}

/* ---- the loop */

enum { POLL_SIGNALS, POLL_LISTENER, POLL_REPORTS, POLL_INPUT, POLL_OUTPUTS, POLL_CLIENTS = 6 };
static struct pollfd polled[POLL_CLIENTS + CLIENT_LIMIT];

static void watch_descriptor(int index, int descriptor, bool wanted, short events) {
  polled[index] = (struct pollfd){.fd = wanted ? descriptor : -1, .events = events};
}

static nfds_t prepare(void) {
  bool blocked = false;
  nfds_t count = POLL_CLIENTS;
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    short events = 0;
    if (!client->blocked) events = (short)(events | POLLIN);
    if (client->out_start != client->out_end) events = (short)(events | POLLOUT);
    /* A peer that is gone would report so for ever. */
    bool deaf = client->gone && client->blocked;
    polled[count++] = (struct pollfd){.fd = deaf ? -1 : client->socket, .events = events};
    blocked |= client->blocked;
  }
  watch_descriptor(POLL_SIGNALS, shim.signals, true, POLLIN);
  watch_descriptor(POLL_LISTENER, LISTENER, !shim.full && shim.client_count < CLIENT_LIMIT, POLLIN);
  watch_descriptor(POLL_REPORTS, shim.reports, shim.reports >= 0, POLLIN);
  watch_descriptor(POLL_INPUT, shim.input, blocked && shim.state == STATE_RUNNING, POLLOUT);
  for (int index = 0; index < 2; index++)
    watch_descriptor(POLL_OUTPUTS + index, shim.outputs[index].file,
                     clients_have_room(stream_bit(index)), POLLIN);
  return count;
}

static bool output_left(void) { return shim.outputs[0].file >= 0 || shim.outputs[1].file >= 0; }

static int patience(void) {
  bool limited = shim.state == STATE_DRAINING || shim.state == STATE_ENDING ||
                 ((shim.state == STATE_WAITING || shim.state == STATE_CREATED) &&
                  any_watcher() == NULL);
  if (!limited) return -1;
  uint64_t now = time_steady();
  return now >= shim.deadline ? 0 : (int)(shim.deadline - now);
}

static void serve_clients(nfds_t count) {
  struct client *client = shim.clients;
  for (nfds_t index = POLL_CLIENTS; index < count && client != NULL; index++) {
    struct client *next = client->next;
    short events = polled[index].revents;
    if ((events & POLLOUT) != 0 && client_flush(client) && shim.state >= STATE_DRAINING)
      shim.deadline = time_steady() + STUCK_MILLIS;
    if (client->blocked) {
      if ((events & (POLLHUP | POLLERR)) != 0) client->gone = true;
      obey_all(client);
    }
    if (!client->blocked && (events & (POLLIN | POLLHUP | POLLERR)) != 0) read_client(client);
    client = next;
  }
  /* What a peer sent before it left still counts; then it is forgotten. */
  for (client = shim.clients; client != NULL;) {
    struct client *next = client->next;
    if (client->gone && !client->ended && !client->blocked) read_client(client);
    if (client->ended && !client->blocked) drop_client(client);
    client = next;
  }
}

/* A client that has not taken a byte for so long keeps neither the log nor the others waiting. */
static void drop_stuck_clients(void) {
  for (struct client *client = shim.clients; client != NULL;) {
    struct client *next = client->next;
    if (client->out_start != client->out_end) drop_client(client);
    client = next;
  }
}

static bool all_taken(void) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (!client->gone && client->out_start != client->out_end) return false;
  }
  return true;
}

static bool backpressed(void) {
  for (int index = 0; index < 2; index++) {
    if (shim.outputs[index].file >= 0 && !clients_have_room(stream_bit(index))) return true;
  }
  return false;
}

/* What the state asks for once the events of a turn are dealt with. */
static void advance(void) {
  static bool slow; /* draining waits for a client, not for the workload's descendants */
  uint64_t now = time_steady();
  if (shim.end_input && shim.state >= STATE_RUNNING) {
    bool pending = false;
    for (struct client *client = shim.clients; client != NULL; client = client->next)
      pending |= client->blocked;
    if (!pending) end_input();
  }
  switch (shim.state) {
    case STATE_WAITING:
      if (any_watcher() == NULL && now >= shim.deadline) leave();
      return;
    case STATE_CREATED:
      if (any_watcher() == NULL) fail_launch(PHASE_BESIDE, shim.progress->step, ECANCELED);
      return;
    case STATE_LAUNCHING:
    case STATE_RUNNING:
      return;
    case STATE_DRAINING:
      if (!output_left()) {
        finish();
      } else if (backpressed()) {
        if (!slow) shim.deadline = now + STUCK_MILLIS;
        slow = true;
        if (now >= shim.deadline) drop_stuck_clients();
      } else if (slow) {
        slow = false;
        shim.deadline = now + shim.drain_millis;
      } else if (now >= shim.deadline) {
        bound_outputs();
      }
      return;
    case STATE_ENDING:
      return;
  }
}

static void keep_path(const char **kept, char *buffer, const char *path) {
  memcpy(buffer, path, strlen(path) + 1);
  *kept = buffer;
}

static void adopt_plan(void) {
  shim.exit_path = shim.oom_path = "";
  shim.log = (struct log){.file = -1, .path = ""};
  shim.plan_error = plan_load(PLAN, &shim.plan);
  close(PLAN);
  if (shim.plan_error != 0) return;
  const struct plan_header *header = shim.plan.header;
  shim.supervision = header->supervision;
  shim.drain_millis = header->drain_millis;
  keep_path(&shim.log.path, paths, plan_text(&shim.plan, header->log_path));
  keep_path(&shim.exit_path, paths + PATH_MAX, plan_text(&shim.plan, header->exit_path));
  if ((header->supervision & SUPERVISE_OOM_EVENTS) != 0)
    keep_path(&shim.oom_path, paths + 2 * PATH_MAX, plan_text(&shim.plan, header->oom_path));
  shim.owns_mounts = (header->clone_flags & CLONE_NEWNS_FLAG) != 0;
  for (uint32_t i = 0; i < header->steps[LIST_INSIDE]; i++)
    shim.owns_mounts |= shim.plan.steps[LIST_INSIDE][i].op == OP_OWN_MOUNTS;
  shim.log.part_bytes = header->log_bytes;
  shim.log.parts = header->log_files;
}

/* The last to be killed for lack of memory: without its shim nobody would know how a workload
 * ended. Needs CAP_SYS_RESOURCE; without it the shim is as good as any other process. */
static void avoid_oom_killer(void) {
  char text[16] = "";
  int file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  if (read(file, text, sizeof text - 1) > 0)
    shim.inheritance.oom_score_adjust = (int)strtol(text, NULL, 10);
  shim.inheritance.oom_score_changed = pwrite(file, "-999", 4, 0) == 4;
  close(file);
}

static void prepare_process(void) {
  sys_close_range(LISTENER + 1, 0);
  /* Children in a container's namespaces share its procfs: without this its root could trace
   * them, or open their descriptors (CVE-2016-9962). */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NAME, "abode-init", 0, 0, 0);
  static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGQUIT};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_SETMASK, &children, NULL);
  shim.signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fcntl(LISTENER, F_SETFL, O_NONBLOCK) < 0 || shim.signals < 0) {
    shim_note("no listening socket at descriptor", LISTENER, errno);
    _exit(1);
  }
  fcntl(LISTENER, F_SETFD, FD_CLOEXEC);
  avoid_oom_killer();
  if (chdir("/") < 0) shim_note("chdir /", 0, errno);
}

static void await_events(nfds_t count) {
  if (chunk_touched) {
    if (poll(polled, count, 0) > 0) return;
    /* Quiet again: a burst would leave 64 KiB resident for the rest of the workload's life. */
    madvise(chunk + PAGE, sizeof chunk - PAGE, MADV_DONTNEED);
    chunk_touched = false;
  }
  if (poll(polled, count, patience()) < 0) {
    if (errno != EINTR) {
      shim_note("poll", count, errno);
      _exit(1);
    }
    for (nfds_t index = 0; index < count; index++) polled[index].revents = 0;
  }
}

void shim_run(void) {
  prepare_process();
  shim.mounts = shim.reports = shim.input = shim.outputs[0].file = shim.outputs[1].file = -1;
  adopt_plan();
  shim.progress = mmap(NULL, sizeof *shim.progress, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shim.progress == MAP_FAILED) {
    shim_note("cannot map a page for", 0, errno);
    _exit(1);
  }
  shim.deadline = time_steady() + ENGINE_MILLIS;
  for (;;) {
    nfds_t count = prepare();
    await_events(count);
    /* Output first: an exit is only seen once what was written before it has been read, or will
     * be while draining. */
    for (int index = 0; index < 2; index++) {
      if (polled[POLL_OUTPUTS + index].revents != 0 && shim.outputs[index].file >= 0)
        pass_output(index);
    }
    if (polled[POLL_REPORTS].revents != 0 && shim.reports >= 0) read_reports();
    if (polled[POLL_SIGNALS].revents != 0) collect();
    serve_clients(count);
    if (polled[POLL_LISTENER].revents != 0) accept_clients();
    advance();
    if (shim.state == STATE_ENDING && (all_taken() || time_steady() >= shim.deadline)) leave();
  }
}
