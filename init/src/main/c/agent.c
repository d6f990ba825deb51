/* The loop of the agent: one port, many sessions. */
#include "agent.h"
#include "kernel.h"
#include "shim.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>

/*
 * A shim that waits for somebody to connect. To fork it takes longer than many a session does, and
 * needs nothing of the session, so one is kept ready; those that are in a template have cost nothing.
 */
struct spare {
  pid_t pid; /* 0 for none */
  int plan;  /* the memory file that it will read, -1 for none */
  socklen_t address_size;
  struct sockaddr_un address;
};

/* How long nothing happens before another one is made: a launch under emulation comes first. */
enum { SPARE_MILLIS = 1000 };

struct session {
  struct session *next;
  uint16_t number;
  bool over;            /* its shim is gone; the host is not told yet */
  pid_t shim;           /* 0 before it has its plan */
  struct spare spare;   /* what is to become its shim, until then */
  uint32_t plan_size, plan_held;
  uint32_t credit;      /* bytes of OUTPUT that the host takes */
  uint32_t taken;       /* bytes of INPUT that it has not been granted again */
  int workload;         /* a pidfd, until it ended; -1 for none */
  uint32_t started[4];  /* the payload of STARTED */
  bool has_started;
  struct channel channel; /* to its shim */
};

static struct session *sessions;
static int session_count;
static struct spare spare = {.plan = -1};
static struct channel port;
static bool silent; /* frozen */
static int children; /* a signalfd */
static bool booted;

static void tell(uint16_t number, enum frame_type type, const void *payload, size_t size) {
  struct frame header = {
      .size = (uint32_t)size, .type = (uint8_t)type, .session = number, .time = time_now()};
  channel_send_frame(&port, &header, payload);
}

/* ---- shims to come */

static _Noreturn void become_shim(int plan, int listener) {
  shim.in_guest = true;
  plan = fcntl(plan, F_DUPFD, 16);
  listener = fcntl(listener, F_DUPFD, 16);
  if (plan < 0 || listener < 0 || dup2(plan, PLAN) < 0 || dup2(listener, LISTENER) < 0) _exit(1);
  shim_prepare();
  /* Who connects has written the plan before. */
  struct pollfd connection = {.fd = LISTENER, .events = POLLIN};
  while (poll(&connection, 1, -1) < 0) {
  }
  shim_run();
}

static void spare_drop(struct spare *dropped) {
  if (dropped->pid > 0) kill(dropped->pid, SIGKILL); /* not collected yet */
  close_descriptor(&dropped->plan);
  dropped->pid = 0;
}

/* Makes one if it can; what is missing is missed when a session needs it. */
static void spare_make(void) {
  spare.plan = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  spare.address.sun_family = AF_UNIX;
  spare.address_size = sizeof(sa_family_t); /* the kernel finds a name that is in no file system */
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool ready =
      spare.plan >= 0 && listener >= 0 &&
      bind(listener, (struct sockaddr *)&spare.address, spare.address_size) == 0 &&
      listen(listener, 1) == 0;
  spare.address_size = sizeof spare.address;
  ready = ready &&
          getsockname(listener, (struct sockaddr *)&spare.address, &spare.address_size) == 0;
  pid_t pid = ready ? sys_clone(0, SIGCHLD) : -1;
  if (pid == 0) become_shim(spare.plan, listener);
  if (pid > 0) spare.pid = pid;
  else spare_drop(&spare);
  close_descriptor(&listener);
}

/* ---- sessions */

static struct session *session_of(uint16_t number) {
  struct session *session = sessions;
  while (session != NULL && session->number != number) session = session->next;
  return session;
}

static struct session *session_make(uint16_t number) {
  if (number >= SESSION_LIMIT) return NULL;
  struct session *session = mmap(NULL, sizeof *session, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (session == MAP_FAILED) return NULL;
  session->number = number;
  session->credit = WINDOW_BYTES;
  session->workload = session->channel.in = session->channel.out = -1;
  if (spare.pid == 0) spare_make();
  session->spare = spare;
  spare = (struct spare){.plan = -1};
  session->next = sessions;
  sessions = session;
  session_count++;
  return session;
}

static void session_drop(struct session *session) {
  struct session **at = &sessions;
  while (*at != session) at = &(*at)->next;
  *at = session->next;
  session_count--;
  if (session->shim > 0) kill(session->shim, SIGKILL); /* not collected yet */
  spare_drop(&session->spare);
  if (session->number == SESSION_WORKLOAD) *machine_workload = (struct workload){0};
  channel_close(&session->channel);
  close_descriptor(&session->workload);
  munmap(session, sizeof *session);
}

/* The plan is whole: the shim that was kept for it plays it. */
static void session_begin(struct session *session) {
  fcntl(session->spare.plan, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
  int ours = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (ours < 0 ||
      connect(ours, (struct sockaddr *)&session->spare.address, session->spare.address_size) < 0) {
    shim_note("cannot begin session", session->number, errno);
    session->over = true;
    close_descriptor(&ours);
    return;
  }
  session->shim = session->spare.pid;
  session->spare.pid = 0;
  spare_drop(&session->spare);
  channel_open(&session->channel, ours, ours);
}

static void take_plan(struct session *session, const char *bytes, uint32_t size) {
  if (session->plan_held == 0 && size >= sizeof(struct plan_header))
    memcpy(&session->plan_size, bytes + offsetof(struct plan_header, size),
           sizeof session->plan_size);
  bool fits = session->plan_size <= PLAN_LIMIT && size <= session->plan_size - session->plan_held;
  if (session->spare.plan < 0 || !fits ||
      write(session->spare.plan, bytes, size) != (ssize_t)size) {
    shim_note("a plan that is none on session", session->number, EBADMSG);
    session->over = true;
    return;
  }
  session->plan_held += size;
  if (session->plan_held == session->plan_size) session_begin(session);
}

static void note_start(struct session *session, const char *payload, uint32_t size) {
  if (size != sizeof session->started || session->has_started) return;
  memcpy(session->started, payload, size);
  session->has_started = true;
  pid_t pid = (pid_t)session->started[0];
  session->workload = sys_pidfd_open(pid);
  if (session->number != SESSION_WORKLOAD) return;
  machine_workload->pid = pid;
  memcpy(&machine_workload->ticks, session->started + 2, sizeof machine_workload->ticks);
}

/* Passes whole frames on to the host. False when it does not take them at present. */
static bool pass_frames(struct session *session) {
  struct frame frame;
  bool broken = false;
  char *payload;
  while ((payload = channel_frame(&session->channel, &frame, &broken)) != NULL) {
    uint32_t size = (uint32_t)sizeof frame + frame.size;
    bool output = frame.type == FRAME_OUTPUT;
    if (silent || !channel_has_room(&port) || (output && size > session->credit)) return false;
    if (output) session->credit -= size;
    if (frame.type == FRAME_STARTED) note_start(session, payload, frame.size);
    frame.session = session->number;
    memcpy(payload - sizeof frame, &frame, sizeof frame);
    channel_send(&port, payload - sizeof frame, size);
    channel_frame_done(&session->channel, &frame);
  }
  return true;
}

static void serve_session(struct session *session, short events, short workload_events) {
  if (workload_events != 0 && channel_has_room(&port) && !silent) {
    close_descriptor(&session->workload);
    tell(session->number, FRAME_ENDED, NULL, 0);
  }
  if ((events & POLLOUT) != 0) channel_flush(&session->channel);
  bool passed = pass_frames(session);
  if (passed && (events & (POLLIN | POLLHUP | POLLERR)) != 0 && !session->over) {
    if (channel_read(&session->channel) == READ_END) session->over = true;
    passed = pass_frames(session);
  }
  if (session->taken >= WINDOW_BYTES / 2 && !channel_is_queueing(&session->channel) &&
      channel_has_room(&port) && !silent) {
    tell(session->number, FRAME_CREDIT, &session->taken, sizeof session->taken);
    session->taken = 0;
  }
  if (session->over && passed && channel_has_room(&port) && !silent) {
    tell(session->number, FRAME_GONE, NULL, 0);
    session_drop(session);
    if (spare.pid == 0) spare_make();
  }
}

/* ---- the host */

static _Noreturn void power_off(void) {
  if (booted) switch_off();
  if (!port.ended) {
    uint32_t done = 0;
    struct frame header = {.size = sizeof done, .type = FRAME_ANSWER, .session = SESSION_CONTROL};
    channel_send_frame(&port, &header, &done);
    struct pollfd polled = {.fd = port.out, .events = POLLOUT};
    while (channel_is_queueing(&port) && poll(&polled, 1, 1000) > 0) channel_flush(&port);
  }
  if (!booted) _exit(0);
  reboot(RB_POWER_OFF);
  for (;;) pause();
}

static void send_facts(void) {
  static const char kernel[] = "kernel ";
  static const char ready[] = "\nready_millis ";
  char facts[FACTS_LIMIT];
  struct utsname names;
  uname(&names);
  size_t at = sizeof kernel - 1;
  memcpy(facts, kernel, at);
  size_t length = strlen(names.release);
  memcpy(facts + at, names.release, length);
  at += length;
  memcpy(facts + at, ready, sizeof ready - 1);
  at += sizeof ready - 1;
  at += decimal(time_steady(), facts + at);
  facts[at++] = '\n';
  tell(SESSION_CONTROL, FRAME_READY, facts, at);
}

/* The workload goes on in another machine than the one it began in, under another shim. */
static void resume(struct session *session) {
  if (session == NULL || !session->has_started) {
    tell(SESSION_WORKLOAD, FRAME_GONE, NULL, 0);
    return;
  }
  session->credit = WINDOW_BYTES;
  if (!channel_is_queueing(&session->channel)) session->taken = 0;
  uint32_t credit = WINDOW_BYTES - session->taken;
  tell(SESSION_WORKLOAD, FRAME_STARTED, session->started, sizeof session->started);
  tell(SESSION_WORKLOAD, FRAME_CREDIT, &credit, sizeof credit);
}

static void greet(const struct frame *frame, const char *payload) {
  struct hello hello;
  if (frame->size != sizeof hello) return;
  memcpy(&hello, payload, sizeof hello);
  if (booted) {
    set_clock(frame->time);
    add_randomness(hello.seed, sizeof hello.seed);
  }
  bool resumes = (hello.flags & HELLO_RESUME) != 0;
  silent = false;
  /* In a clone the workload waits for THAW: what makes the clone another machine comes first. */
  if (!resumes) answer_thaw();
  for (struct session *session = sessions, *next; session != NULL; session = next) {
    next = session->next;
    if (!resumes || session->number != SESSION_WORKLOAD) session_drop(session);
  }
  send_facts();
  if (resumes) resume(session_of(SESSION_WORKLOAD));
}

static void answer(const struct frame *frame, const char *payload) {
  static char text[sizeof(uint32_t) + ANSWER_LIMIT];
  char path[PATH_MAX + 1];
  uint32_t question;
  if (frame->size < sizeof question || frame->size > sizeof question + PATH_MAX) return;
  memcpy(&question, payload, sizeof question);
  memcpy(path, payload + sizeof question, frame->size - sizeof question);
  path[frame->size - sizeof question] = 0;
  uint32_t error = EINVAL;
  size_t size = 0;
  switch ((enum question)question) {
    case ASK_READ:
      error = (uint32_t)answer_read(path, text + sizeof error, ANSWER_LIMIT, &size);
      break;
    case ASK_FREEZE:
      error = (uint32_t)answer_freeze(path);
      break;
    case ASK_THAW:
      error = (uint32_t)answer_thaw();
      silent = false;
      break;
    case ASK_POWER_OFF:
      power_off();
    case ASK_STREAMS: /* a shim's */
      break;
  }
  memcpy(text, &error, sizeof error);
  struct frame header = {.size = (uint32_t)(sizeof error + size),
                         .type = FRAME_ANSWER,
                         .session = SESSION_CONTROL,
                         .time = frame->time};
  channel_send_frame(&port, &header, text);
  if (question == ASK_FREEZE && error == 0) silent = true;
}

/* A guest's clock runs on a counter that wraps within seconds, so one whose processors were not run
 * for that long has lost time and does not know. What the machine's own host says when it begins
 * something corrects it, forward only: a frame may have waited on its way. */
static void keep_up(uint64_t told) {
  const uint64_t second = 1000000000;
  if (booted && told > time_now() + second) set_clock(told);
}

static void obey(const struct frame *frame, const char *payload) {
  if (frame->session == SESSION_CONTROL) {
    if (frame->type == FRAME_HELLO) greet(frame, payload);
    if (frame->type == FRAME_ASK) answer(frame, payload);
    return;
  }
  struct session *session = session_of(frame->session);
  if (frame->type == FRAME_PLAN) {
    keep_up(frame->time);
    if (session == NULL) session = session_make(frame->session);
    if (session != NULL) take_plan(session, payload, frame->size);
    return;
  }
  if (session == NULL) return; /* it ended, and the host does not know yet */
  uint32_t credit;
  switch ((enum frame_type)frame->type) {
    case FRAME_CREDIT:
      if (frame->size != sizeof credit) return;
      memcpy(&credit, payload, sizeof credit);
      session->credit += credit;
      return;
    case FRAME_END:
      if (session->shim > 0) kill(session->shim, SIGKILL);
      else session->over = true;
      return;
    case FRAME_INPUT:
      session->taken += (uint32_t)sizeof *frame + frame->size;
      break;
    default: /* the shim knows its own */
      break;
  }
  if (session->over) return;
  struct frame header = *frame;
  header.session = 0;
  channel_send_frame(&session->channel, &header, payload);
}

static void read_port(void) {
  if (channel_read(&port) == READ_END) { /* nobody is left to say anything to */
    channel_close(&port);
    power_off();
  }
  struct frame frame;
  bool broken = false;
  const char *payload;
  while (channel_has_room(&port) && (payload = channel_frame(&port, &frame, &broken)) != NULL) {
    obey(&frame, payload);
    channel_frame_done(&port, &frame);
  }
  if (broken) boot_failed("the host sends what is no frame", EPROTO);
}

/* ---- the loop */

/* It died, and its number may be another's. */
static void lose(struct spare *lost) {
  lost->pid = 0;
  spare_drop(lost);
}

static void collect(void) {
  struct signalfd_siginfo info;
  while (read(children, &info, sizeof info) > 0) {
  }
  pid_t pid;
  while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
    if (spare.pid == pid) lose(&spare);
    for (struct session *session = sessions; session != NULL; session = session->next) {
      if (session->shim == pid) session->shim = -1;
      if (session->spare.pid == pid) lose(&session->spare);
    }
  }
}

static short session_events(const struct session *session) {
  bool wants = session->shim != 0 && !session->over && !silent && channel_has_room(&port) &&
               session->credit >= FRAME_BYTES;
  return (short)((wants ? POLLIN : 0) | (channel_is_queueing(&session->channel) ? POLLOUT : 0));
}

static void turn(void) {
  enum { SIGNALS, PORT_IN, PORT_OUT, FIRST };
  static struct pollfd polled[FIRST + 2 * SESSION_LIMIT];
  bool room = channel_has_room(&port);
  polled[SIGNALS] = (struct pollfd){.fd = children, .events = POLLIN};
  polled[PORT_IN] = (struct pollfd){.fd = room ? port.in : -1, .events = POLLIN};
  polled[PORT_OUT] =
      (struct pollfd){.fd = channel_is_queueing(&port) ? port.out : -1, .events = POLLOUT};
  nfds_t count = FIRST;
  for (struct session *session = sessions; session != NULL; session = session->next) {
    short events = session_events(session);
    polled[count++] =
        (struct pollfd){.fd = events == 0 ? -1 : session->channel.in, .events = events};
    polled[count++] =
        (struct pollfd){.fd = room && !silent ? session->workload : -1, .events = POLLIN};
  }
  int events = poll(polled, count, spare.pid == 0 ? SPARE_MILLIS : -1);
  if (events < 0 && errno != EINTR) boot_failed("poll", errno);
  if (events == 0) spare_make();
  if (polled[SIGNALS].revents != 0) collect();
  if (polled[PORT_OUT].revents != 0) channel_flush(&port);
  nfds_t index = FIRST;
  /* Before the port is read: that makes and drops sessions. */
  for (struct session *session = sessions, *next; session != NULL; session = next, index += 2) {
    next = session->next;
    serve_session(session, polled[index].revents, polled[index + 1].revents);
  }
  if (polled[PORT_IN].revents != 0) read_port();
}

static void open_streams(void) {
  int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 16);
  int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 16);
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (in < 0 || out < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
      dup2(nothing, STDOUT_FILENO) < 0 || fcntl(in, F_SETFL, O_NONBLOCK) < 0 ||
      fcntl(out, F_SETFL, O_NONBLOCK) < 0)
    boot_failed("cannot use the standard streams", errno);
  channel_open(&port, in, out);
}

void agent_run(bool boots) {
  shim.in_guest = booted = boots;
  if (boots) {
    int descriptor = boot();
    channel_open(&port, descriptor, descriptor);
  } else {
    open_streams();
  }
  signal(SIGPIPE, SIG_IGN);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  sigprocmask(SIG_SETMASK, &mask, NULL);
  children = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  if (children < 0) boot_failed("signalfd", errno);
  void *page = mmap(NULL, sizeof *machine_workload, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) boot_failed("mmap", errno);
  machine_workload = page;
  spare_make();
  sched_yield(); /* so that it has come to wait before anybody saves this machine as a template */
  for (;;) turn();
}
