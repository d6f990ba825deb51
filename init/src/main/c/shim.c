/* The loop, and what each state of a supervision asks for. */
#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

struct supervisor shim;

static char paths[4 * PATH_MAX]; /* outlive the plan */

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

/*
 * The folder that the socket is in. Once the end was told the engine may put another run's socket at
 * the very same path, and only the one in this folder is ours to remove.
 */
static int folder = -1;
static struct sockaddr_un address;
static bool notes_unopened; /* standard error is /dev/null */

void shim_note_late(void) { notes_unopened = true; }

/* Most shims have nothing to note; a file for each would cost as much as the rest of its folder. */
static void open_notes(void) {
  notes_unopened = false;
  int file = openat(folder, "shim.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return;
  dup2(file, STDERR_FILENO);
  close(file);
}

void shim_note(const char *what, uint64_t where, int error) {
  /* To a kernel's log, with its level: a quiet kernel shows no others on its console. */
  char text[160] = "<3>abode-init: ";
  if (!shim.in_guest) memmove(text, text + 3, 13);
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
  if (notes_unopened && folder >= 0) open_notes();
  if (write(STDERR_FILENO, text, at) < 0) return; /* nowhere left to say so */
}

void hold_mounts(void) {
  if (!shim.owns_mounts) return;
  char path[64];
  shim.mounts = open(process_file((uint64_t)shim.workload, "/ns/mnt", path), O_RDONLY | O_CLOEXEC);
}

static void workload_ended(void) {
  shim.outcome.finished = time_now();
  end_input();
  shim.state = STATE_DRAINING;
  shim.deadline = time_steady() + shim.drain_millis;
}

void collect_workload(void) {
  int status;
  struct rusage usage;
  if (is_machine()) {
    if (wait4(shim.workload, &status, WNOHANG, &usage) == shim.workload)
      remote_machine_ended(status, &usage);
    return;
  }
  if (wait4(shim.workload, &shim.outcome.status, WNOHANG, &shim.outcome.usage) == shim.workload)
    workload_ended();
}

static void hold_folder(void) {
  socklen_t size = sizeof address - 1; /* what is left of the path stays a terminator */
  if (getsockname(LISTENER, (struct sockaddr *)&address, &size) < 0 ||
      address.sun_path[0] != '/')
    return;
  char path[sizeof address.sun_path];
  memcpy(path, address.sun_path, sizeof path);
  *(strrchr(path, '/') + 1) = 0;
  folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void leave(void) {
  close_descriptor(&shim.mounts); /* before the connections end: then nothing is mounted any more */
  if (folder >= 0) unlinkat(folder, strrchr(address.sun_path, '/') + 1, 0);
  _exit(0);
}

uint64_t stuck_deadline(void) { return shim.in_guest ? NEVER : time_steady() + STUCK_MILLIS; }

void finish(void) {
  /* What ended in a guest was counted there. */
  if (!is_remote() || shim.outcome.machine_died) {
    uint64_t before = shim.oom_kills;
    uint64_t after = record_oom_kills(shim.oom_path);
    shim.outcome.oom_kills = after > before ? after - before : 0;
  }
  shim.record_size = record_format(&shim.outcome, shim.record);
  if ((shim.supervision & SUPERVISE_EXIT_RECORD) != 0) {
    int error = record_write(shim.exit_path, shim.record, shim.record_size);
    if (error != 0) shim_note("cannot write the exit record of", (uint64_t)shim.workload, error);
  }
  shim.state = STATE_ENDING;
  shim.deadline = stuck_deadline();
  tell_watchers();
}

static void collect(void) {
  struct signalfd_siginfo info;
  if (read(shim.signals, &info, sizeof info) < 0) return;
  if (is_machine() && shim.state >= STATE_BOOTING) {
    if (remote_left()) collect_workload();
    return;
  }
  if (shim.state == STATE_RUNNING) {
    collect_workload();
    return;
  }
  /* While launching the socket's end tells all, but for a stage that waits for the engine while its
   * workload is dead. What that one still said comes first. */
  while (shim.state == STATE_CREATED && report_waits()) read_reports();
  if (shim.state == STATE_CREATED) {
    siginfo_t dead = {0};
    waitid(P_PID, (id_t)shim.workload, &dead, WEXITED | WNOHANG | WNOWAIT);
    if (dead.si_pid == shim.workload) launch_died();
  }
}

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
    if (channel_is_queueing(&client->channel)) events = (short)(events | POLLOUT);
    /* A peer that is gone would report so for ever. */
    bool deaf = client->channel.gone && client->blocked;
    polled[count++] = (struct pollfd){.fd = deaf ? -1 : client->channel.in, .events = events};
    blocked |= client->blocked;
  }
  watch_descriptor(POLL_SIGNALS, shim.signals, true, POLLIN);
  watch_descriptor(POLL_LISTENER, LISTENER, !shim.full && shim.client_count < CLIENT_LIMIT, POLLIN);
  watch_descriptor(POLL_REPORTS, shim.reports, shim.reports >= 0, POLLIN);
  watch_descriptor(POLL_INPUT, shim.input, blocked && shim.state == STATE_RUNNING, POLLOUT);
  for (int index = 0; index < 2; index++)
    watch_descriptor(POLL_OUTPUTS + index, shim.outputs[index].file,
                     is_machine() || clients_have_room(stream_bit(index)), POLLIN);
  if (is_remote() && !remote_channel.ended) {
    watch_descriptor(POLL_OUTPUTS, remote_channel.in, true, POLLIN);
    watch_descriptor(POLL_INPUT, remote_channel.out,
                     channel_is_queueing(&remote_channel) && !remote_channel.gone, POLLOUT);
  }
  return count;
}

static int patience(void) {
  bool limited = shim.state == STATE_DRAINING || (shim.state == STATE_ENDING && !all_taken()) ||
                 ((shim.state == STATE_WAITING || shim.state == STATE_CREATED) &&
                  any_watcher() == NULL);
  uint64_t deadline = limited ? shim.deadline : NEVER;
  if (remote_deadline() < deadline) deadline = remote_deadline();
  if (deadline == NEVER) return -1;
  uint64_t now = time_steady();
  return now >= deadline ? 0 : (int)(deadline - now);
}

/* Output is on its way until there is no more; but who does not take it does not delay the end. */
static void drain(uint64_t now) {
  static bool slow; /* it waits for a client, not for the workload's descendants */
  if (!is_remote() && !output_left()) {
    finish();
  } else if (backpressed()) {
    if (!slow) shim.deadline = stuck_deadline();
    slow = true;
    if (now >= shim.deadline) drop_stuck_clients();
  } else if (slow) {
    slow = false;
    shim.deadline = is_remote() ? NEVER : now + shim.drain_millis;
  } else if (now >= shim.deadline) {
    bound_outputs();
  }
}

/* What the state asks for once the events of a turn are dealt with. */
static void advance(void) {
  uint64_t now = time_steady();
  if (shim.end_input && shim.state >= STATE_RUNNING) {
    bool pending = false;
    for (struct client *client = shim.clients; client != NULL; client = client->next)
      pending |= client->blocked;
    if (!pending) end_input();
  }
  switch (shim.state) {
    case STATE_WAITING:
      if (shim.start_wanted) {
        serve_early_clients();
        launch();
      } else if (any_watcher() == NULL && now >= shim.deadline) {
        leave();
      }
      return;
    case STATE_CREATED:
      if (any_watcher() == NULL) launch_abandon();
      return;
    case STATE_LAUNCHING:
    case STATE_BOOTING:
    case STATE_RUNNING:
      return;
    case STATE_DRAINING:
      drain(now);
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
  shim.exit_path = shim.oom_path = shim.console_path = "";
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
  if (is_machine())
    keep_path(&shim.console_path, paths + 3 * PATH_MAX,
              plan_text(&shim.plan, header->remote_path));
  shim.owns_mounts = (header->clone_flags & CLONE_NEWNS_FLAG) != 0;
  for (uint32_t i = 0; i < header->steps[LIST_INSIDE]; i++) {
    enum op op = (enum op)shim.plan.steps[LIST_INSIDE][i].op;
    shim.owns_mounts |= op == OP_OWN_MOUNTS || op == OP_RESTORE;
    shim.holds |= op == OP_HOLD;
  }
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

void shim_prepare(void) {
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
  if (shim.signals < 0) {
    shim_note("no signalfd", 0, errno);
    _exit(1);
  }
  avoid_oom_killer();
  if (chdir("/") < 0) shim_note("chdir /", 0, errno);
}

static void take_listener(void) {
  if (fcntl(LISTENER, F_SETFL, O_NONBLOCK) < 0) {
    shim_note("no listening socket at descriptor", LISTENER, errno);
    _exit(1);
  }
  fcntl(LISTENER, F_SETFD, FD_CLOEXEC);
  hold_folder();
#ifdef __SANITIZE_ADDRESS__
  if (notes_unopened) open_notes(); /* a sanitizer writes by itself */
#endif
}

static void await_events(nfds_t count) {
  if (output_remembered()) {
    if (poll(polled, count, 0) > 0) return;
    forget_output();
  }
  if (poll(polled, count, patience()) < 0) {
    if (errno != EINTR) {
      shim_note("poll", count, errno);
      _exit(1);
    }
    for (nfds_t index = 0; index < count; index++) polled[index].revents = 0;
  }
}

static void pass(int index) {
  if (is_remote() && index == 0) remote_read();
  else if (shim.outputs[index].file < 0) return;
  else if (is_machine()) pass_console();
  else pass_output(index);
}

void shim_run(void) {
  take_listener();
  remote_channel.in = remote_channel.out = -1;
  remote_channel.gone = remote_channel.ended = true;
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
      if (polled[POLL_OUTPUTS + index].revents != 0) pass(index);
    }
    if (is_remote() && polled[POLL_INPUT].revents != 0) channel_flush(&remote_channel);
    if (polled[POLL_REPORTS].revents != 0 && shim.reports >= 0) read_reports();
    if (polled[POLL_SIGNALS].revents != 0) collect();
    serve_clients(polled + POLL_CLIENTS, count - POLL_CLIENTS);
    if (polled[POLL_LISTENER].revents != 0) accept_clients();
    advance();
    if (is_remote()) remote_advance();
    if (shim.state == STATE_ENDING && !remote_left() && (all_taken() || time_steady() >= shim.deadline)) leave();
  }
}
