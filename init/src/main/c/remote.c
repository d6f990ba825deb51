/*
 * The workload in a guest, from the host's side. Whatever comes from there is checked: a guest that
 * breaks the protocol loses its machine, and one that says nothing costs nothing.
 */
#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum {
  KILL_MILLIS = 5000,       /* how long a workload may take to die of SIGKILL */
  POWER_OFF_MILLIS = 10000, /* how long a guest may take to leave its disks clean */
  PIPE_BYTES = 1 << 20
};

enum remote_state {
  REMOTE_NONE,
  REMOTE_GREETING, /* the agent has not answered yet */
  REMOTE_IDLE,     /* it has, and that was all */
  REMOTE_JOINING,  /* nor has the machine's shim */
  REMOTE_SENDING,  /* the plan */
  REMOTE_LAUNCHING,
  REMOTE_RUNNING,
  REMOTE_OVER /* how the workload ended is known */
};

static struct {
  enum remote_state state;
  bool machine_lives;
  bool to_kill;        /* the workload */
  bool killed;         /* the machine, because its workload did not die */
  bool end_input;      /* is to be told */
  uint32_t sent;       /* bytes of the plan */
  uint32_t credit;     /* bytes of INPUT that the guest still takes */
  uint32_t allowance;  /* bytes of OUTPUT that it may still send */
  uint32_t owed;       /* bytes of OUTPUT that are passed on and not granted again */
  uint64_t deadline;   /* of a death */
  struct rusage usage; /* of the machine */
  int status;
} remote = {.deadline = NEVER};

struct channel remote_channel;

static void tell(uint16_t session, enum frame_type type, const void *payload, size_t size) {
  struct frame header = {.size = (uint32_t)size,
                         .type = (uint8_t)type,
                         .session = session,
                         .time = type == FRAME_ASK ? 0 : time_now()};
  channel_send_frame(&remote_channel, &header, payload);
}

static void kill_machine(void) {
  if (remote.machine_lives) kill(shim.workload, SIGKILL);
}

void remote_begin(void) {
  remote.machine_lives = true;
  remote.state = REMOTE_GREETING;
  channel_open(&remote_channel, shim.outputs[0].file, shim.input);
  shim.outputs[0].file = shim.input = -1;
  fcntl(remote_channel.in, F_SETPIPE_SZ, PIPE_BYTES);
  fcntl(remote_channel.out, F_SETPIPE_SZ, PIPE_BYTES);
  shim.state = STATE_BOOTING;
  tell_watchers();
  bool resume = (shim.supervision & SUPERVISE_RESUME) != 0;
  struct hello hello = {.version = WIRE_VERSION, .flags = resume ? HELLO_RESUME : 0};
  if (getrandom(hello.seed, sizeof hello.seed, 0) < 0) shim_note("getrandom", 0, errno);
  tell(SESSION_CONTROL, FRAME_HELLO, &hello, sizeof hello);
}

int remote_join(void) {
  const char *path = plan_text(&shim.plan, shim.plan.header->remote_path);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return ENAMETOOLONG;
  memcpy(address.sun_path, path, strlen(path) + 1);
  int machine = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (machine < 0) return errno;
  if (connect(machine, (struct sockaddr *)&address, sizeof address) < 0) {
    int error = errno;
    close(machine);
    return error;
  }
  channel_open(&remote_channel, machine, machine);
  remote.state = REMOTE_JOINING;
  shim.state = STATE_BOOTING;
  tell(SESSION_WORKLOAD, FRAME_JOIN, NULL, 0);
  return 0;
}

/* ---- how it ends */

static void fail(uint32_t phase, uint32_t step, int error) {
  remote.state = REMOTE_OVER;
  remote.machine_lives = false; /* fail_launch sees to it */
  remote.deadline = NEVER;
  channel_close(&remote_channel);
  fail_launch(phase, step, error);
}

/* The end of the workload is known; the machine is still to be switched off. */
static void over(void) {
  remote.state = REMOTE_OVER;
  remote.deadline = NEVER;
  finish();
  if (!remote.machine_lives) return;
  remote.deadline = time_steady() + POWER_OFF_MILLIS;
  uint32_t question = ASK_POWER_OFF;
  tell(SESSION_CONTROL, FRAME_ASK, &question, sizeof question);
}

/* Nothing more is heard of a workload that has not ended. */
static void lost(int error) {
  kill_machine();
  if (shim.state == STATE_BOOTING) {
    fail(PHASE_MACHINE, 0, error);
    return;
  }
  shim.outcome.finished = time_now();
  shim.outcome.machine_died = !remote.killed;
  shim.outcome.status = SIGKILL;
  over();
}

static void machine_lost(void) {
  if (shim.state == STATE_BOOTING) {
    int status = remote.status;
    fail(PHASE_MACHINE,
         (uint32_t)(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)), 0);
    return;
  }
  shim.outcome.finished = time_now();
  shim.outcome.machine_died = !remote.killed;
  shim.outcome.status = remote.killed ? SIGKILL : remote.status;
  shim.outcome.usage = remote.usage;
  over();
}

void remote_machine_ended(int status, const struct rusage *usage) {
  remote.machine_lives = false;
  remote.status = status;
  remote.usage = *usage;
  /* What it wrote before is still in the pipes. */
  remote.deadline = remote.state == REMOTE_OVER ? NEVER : time_steady() + shim.drain_millis;
}

bool remote_left(void) { return remote.machine_lives; }

uint64_t remote_deadline(void) { return remote.deadline; }

/* ---- what the guest says */

static void started(void) {
  remote.state = REMOTE_RUNNING;
  if (is_session()) {
    /* Of this process: what runs in a guest has no pid here. */
    shim.workload = getpid();
    process_start_ticks((uint64_t)shim.workload, &shim.start_ticks);
  }
  shim.outcome.pid = shim.workload;
  shim.outcome.started = time_now();
  shim.state = STATE_RUNNING;
  tell_watchers();
}

static bool take_output(const struct frame *frame, char *payload) {
  uint32_t size = (uint32_t)sizeof *frame + frame->size;
  bool expected = remote.state == REMOTE_LAUNCHING || remote.state == REMOTE_RUNNING;
  if (!expected || size > remote.allowance || (frame->stream != 1 && frame->stream != 2))
    return false;
  remote.allowance -= size;
  remote.owed += size;
  pass_frame(payload - sizeof *frame, frame->stream, frame->size);
  return true;
}

static bool take_credit(const struct frame *frame, const char *payload) {
  uint32_t credit;
  if (frame->size != sizeof credit) return false;
  memcpy(&credit, payload, sizeof credit);
  if (credit > WINDOW_BYTES - remote.credit) return false;
  remote.credit += credit;
  return true;
}

static bool take_failure(const struct frame *frame, const char *payload) {
  uint32_t failure[3];
  if (frame->size != sizeof failure || remote.state != REMOTE_LAUNCHING) return false;
  memcpy(failure, payload, sizeof failure);
  if (failure[0] > PHASE_INSIDE) return false;
  fail(PHASE_GUEST + failure[0], failure[1], (int)failure[2]);
  return true;
}

static bool take_exit(const struct frame *frame, const char *payload) {
  if (remote.state != REMOTE_RUNNING || !record_parse(&shim.outcome, payload, frame->size))
    return false;
  shim.outcome.finished = time_now();
  over();
  return true;
}

/* Obeys a frame of the workload's session. False when it breaks the protocol. */
static bool obey(const struct frame *frame, char *payload) {
  if (remote.state == REMOTE_OVER) return true;
  switch ((enum frame_type)frame->type) {
    case FRAME_OUTPUT: return take_output(frame, payload);
    case FRAME_CREDIT: return take_credit(frame, payload);
    case FRAME_FAILED: return take_failure(frame, payload);
    case FRAME_EXITED: return take_exit(frame, payload);
    case FRAME_STARTED:
      if (remote.state == REMOTE_LAUNCHING) started();
      return true;
    case FRAME_ENDED:
      if (shim.state == STATE_RUNNING) {
        shim.state = STATE_DRAINING;
        shim.deadline = NEVER;
      }
      return true;
    case FRAME_GONE:
      lost(ECONNRESET);
      return true;
    case FRAME_JOINED:
      if (remote.state != REMOTE_JOINING) return false;
      remote.state = REMOTE_SENDING;
      return true;
    case FRAME_WAITING:
    case FRAME_CREATED:
    case FRAME_ATTACHED:
      return true;
    case FRAME_INPUT:
    case FRAME_INPUT_END:
    case FRAME_ATTACH:
    case FRAME_WATCH:
    case FRAME_START:
    case FRAME_PROCEED:
    case FRAME_SIGNAL:
    case FRAME_RESIZE:
    case FRAME_PLAN:
    case FRAME_END:
    case FRAME_JOIN:
    case FRAME_BOOTING:
    case FRAME_HELLO:
    case FRAME_READY:
    case FRAME_ASK:
    case FRAME_ANSWER:
    case FRAME_ABANDON:
    case FRAME_TYPE_COUNT:
      return false;
  }
  return false;
}

/* Frames of the machine as a whole, and of other shims' sessions. */
static bool obey_machine(const struct frame *frame, char *payload) {
  if (frame->session == SESSION_CONTROL && frame->type == FRAME_READY) {
    if (remote.state != REMOTE_GREETING || frame->size > FACTS_LIMIT) return false;
    remote.state = (shim.supervision & SUPERVISE_IDLE) != 0     ? REMOTE_IDLE
                   : (shim.supervision & SUPERVISE_RESUME) != 0 ? REMOTE_LAUNCHING
                                                                : REMOTE_SENDING;
    remote.allowance = WINDOW_BYTES;
    tell_all(FRAME_READY, payload, frame->size);
    return true;
  }
  if (frame->session == SESSION_CONTROL && frame->type == FRAME_ANSWER && frame->time == 0) {
    if (remote.state != REMOTE_OVER) return false;
    kill_machine(); /* it is switched off but for its power */
    return true;
  }
  return relay_from_guest(frame, payload);
}

static void broken(const struct frame *frame) {
  shim_note("the agent broke the protocol with a frame of type", frame->type, EPROTO);
  shim_note("on session", frame->session, EPROTO);
  channel_close(&remote_channel);
  if (remote.state == REMOTE_OVER) kill_machine();
  else lost(EPROTO);
}

void remote_read(void) {
  if (remote_channel.ended) return;
  if (channel_read(&remote_channel) == READ_END) {
    channel_close(&remote_channel);
    if (remote.state == REMOTE_OVER) kill_machine();
    else if (is_session()) lost(ECONNRESET);
    /* A machine that closes its port is about to end. */
    else if (remote.machine_lives) remote.deadline = time_steady() + KILL_MILLIS;
    return;
  }
  struct frame frame;
  bool bad = false;
  char *payload;
  while (!remote_channel.ended && (payload = channel_frame(&remote_channel, &frame, &bad)) != NULL) {
    bool ours = frame.session == SESSION_WORKLOAD;
    bool good = ours ? obey(&frame, payload) : is_machine() && obey_machine(&frame, payload);
    if (!good) {
      broken(&frame);
      return;
    }
    if (!remote_channel.ended) channel_frame_done(&remote_channel, &frame);
  }
  if (bad) broken(&frame);
}

/* ---- what the guest is told */

static void send_plan(void) {
  const struct plan_header *header = shim.plan.header;
  const char *bytes = shim.plan.area + header->guest;
  while (remote.sent < header->guest_size && relay_has_room()) {
    uint32_t part = header->guest_size - remote.sent;
    if (part > FRAME_PAYLOAD_LIMIT) part = FRAME_PAYLOAD_LIMIT;
    tell(SESSION_WORKLOAD, FRAME_PLAN, bytes + remote.sent, part);
    remote.sent += part;
  }
  if (remote.sent < header->guest_size || !relay_has_room()) return;
  const uint8_t all_streams = 7;
  tell(SESSION_WORKLOAD, FRAME_WATCH, NULL, 0);
  tell(SESSION_WORKLOAD, FRAME_ATTACH, &all_streams, sizeof all_streams);
  tell(SESSION_WORKLOAD, FRAME_START, NULL, 0);
  if (shim.size.ws_row != 0 || shim.size.ws_col != 0)
    tell(SESSION_WORKLOAD, FRAME_RESIZE, &shim.size, 4);
  remote.state = REMOTE_LAUNCHING;
  remote.credit = remote.allowance = WINDOW_BYTES;
  plan_unload(&shim.plan);
}

static void grant(void) {
  if (remote.owed < WINDOW_BYTES / 2 || !relay_has_room() || !clients_have_room(stream_bit(0)) ||
      !clients_have_room(stream_bit(1)))
    return;
  tell(SESSION_WORKLOAD, FRAME_CREDIT, &remote.owed, sizeof remote.owed);
  remote.allowance += remote.owed;
  remote.owed = 0;
}

static bool is_open(void) {
  return remote.state == REMOTE_LAUNCHING || remote.state == REMOTE_RUNNING;
}

bool remote_input(struct client *client, const char *payload, uint32_t size) {
  while (client->consumed < size) {
    if (remote.state == REMOTE_OVER || remote.end_input) return true;
    if (!is_open() || !relay_has_room() || remote.credit <= sizeof(struct frame)) return false;
    uint32_t part = remote.credit - (uint32_t)sizeof(struct frame);
    if (part > size - client->consumed) part = size - client->consumed;
    tell(SESSION_WORKLOAD, FRAME_INPUT, payload + client->consumed, part);
    remote.credit -= part + (uint32_t)sizeof(struct frame);
    client->consumed += part;
  }
  return true;
}

bool remote_tell(enum frame_type type, const char *payload, uint32_t size) {
  if (!is_open()) return true; /* before, nobody could be meant; afterwards, nobody is left */
  if (!relay_has_room()) return false;
  tell(SESSION_WORKLOAD, type, payload, size);
  return true;
}

void remote_end_input(void) {
  bool terminal = (shim.supervision & SUPERVISE_TERMINAL) != 0; /* the guest's; it has no end */
  if (terminal || remote.end_input || !remote_tell(FRAME_INPUT_END, NULL, 0)) return;
  remote.end_input = true;
}

bool remote_signal(uint32_t signal) {
  if (signal == SIGKILL && remote.state != REMOTE_OVER) {
    remote.to_kill = true;
    if (shim.state == STATE_BOOTING) kill_machine();
    else if (remote.deadline == NEVER) remote.deadline = time_steady() + KILL_MILLIS;
    /* It may be frozen: what is to die is not asked to take the news first. */
    if (relay_has_room()) remote_tell(FRAME_SIGNAL, (const char *)&signal, sizeof signal);
    return true;
  }
  return remote_tell(FRAME_SIGNAL, (const char *)&signal, sizeof signal);
}

void remote_advance(void) {
  if (is_machine()) relay_advance();
  if (remote.state == REMOTE_SENDING) send_plan();
  if (is_open()) grant();
  bool expired = time_steady() >= remote.deadline;
  if (is_machine() && !remote.machine_lives) {
    bool drained = remote_channel.ended && shim.outputs[1].file < 0;
    if (remote.state != REMOTE_NONE && remote.state != REMOTE_OVER && (drained || expired))
      machine_lost();
  } else if (expired) {
    remote.deadline = NEVER;
    remote.killed = remote.to_kill && remote.state != REMOTE_OVER;
    kill_machine();
    if (is_session()) lost(ETIMEDOUT);
  }
}
