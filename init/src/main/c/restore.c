/*
 * The last step of a start from a snapshot: criu(8) makes the workload's processes instead of
 * execve(2). The stage becomes criu, whose child, the driver, speaks criu's protocol (protobuf over
 * a socket of sequenced packets, images/rpc.proto of criu) and the shim's.
 */
#include "actor.h"
#include "kernel.h"
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Descriptors of criu, which its request names: CriuRequest.java. */
enum { STREAM = 4, SERVICE = 7, IMAGES = 8, WORK = 9, CRIU_DESCRIPTORS = 10 };

enum { MESSAGE_BYTES = 4096, SILENCE_MILLIS = 300000 };

/* enum criu_req_type */
enum { TYPE_RESTORE = 2, TYPE_NOTIFY = 6 };

/* struct criu_resp, as far as it matters. */
struct response {
  uint64_t type, success, pid, error;
  char script[32];
};

struct cursor {
  const uint8_t *at, *end;
};

static bool read_number(struct cursor *from, uint64_t *value) {
  *value = 0;
  for (unsigned shift = 0; from->at < from->end && shift < 64; shift += 7) {
    uint8_t byte = *from->at++;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

/* One field: its number, and a value or a piece of the message. */
static bool read_field(struct cursor *from, uint64_t *field, uint64_t *value, struct cursor *piece) {
  uint64_t tag;
  *piece = (struct cursor){0};
  if (!read_number(from, &tag) || !read_number(from, value)) return false;
  *field = tag >> 3;
  if ((tag & 7) == 0) return true;
  if ((tag & 7) != 2 || *value > (uint64_t)(from->end - from->at)) return false;
  *piece = (struct cursor){from->at, from->at + *value};
  from->at = piece->end;
  return true;
}

static bool parse(const uint8_t *message, size_t size, struct response *response) {
  enum { TYPE = 1, SUCCESS = 2, NOTIFY = 5, ERROR = 7, NOTIFY_SCRIPT = 1, NOTIFY_PID = 2 };
  struct cursor from = {message, message + size};
  *response = (struct response){0};
  while (from.at < from.end) {
    uint64_t field, value;
    struct cursor piece;
    if (!read_field(&from, &field, &value, &piece)) return false;
    if (field == TYPE) response->type = value;
    if (field == SUCCESS) response->success = value;
    if (field == ERROR) response->error = value;
    while (field == NOTIFY && piece.at < piece.end) {
      uint64_t inner, number;
      struct cursor text;
      if (!read_field(&piece, &inner, &number, &text)) return false;
      if (inner == NOTIFY_PID) response->pid = number;
      if (inner == NOTIFY_SCRIPT && number < sizeof response->script)
        memcpy(response->script, text.at, number);
    }
  }
  return true;
}

static uint32_t last_step(const struct actor *actor) {
  return actor->plan.header->steps[LIST_INSIDE] - 1;
}

static _Noreturn void refuse(const struct actor *actor, uint32_t step, int error) {
  struct report report = {
      .kind = REPORT_FAILED, .a = PHASE_INSIDE, .b = step, .c = (uint32_t)error};
  report_send(actor->reports, &report, -1);
  _exit(1);
}

/*
 * Plays the steps inside: those that make its network before anything is restored in it, and binds
 * once all is there, and stands still.
 */
static _Noreturn void prepare(struct actor *actor, pid_t workload, bool binds) {
  int process = sys_pidfd_open(workload);
  if (process < 0) refuse(actor, last_step(actor), errno);
  uint32_t wanted = actor->plan.header->clone_flags & CLONE_NEWUSER_FLAG;
  wanted |= binds ? CLONE_NEWNS_FLAG : actor->plan.header->clone_flags & CLONE_NEWNET_FLAG;
  if (setns(process, (int)wanted) < 0) refuse(actor, last_step(actor), errno);
  close(process);
  for (uint32_t i = 0; i < last_step(actor); i++) {
    const struct step *step = &actor->plan.steps[LIST_INSIDE][i];
    if ((step->op == OP_BIND) != binds) continue;
    actor->progress->step = i;
    int error = step_play(actor, step);
    if (error != 0 && (step->flags & STEP_TOLERATED) == 0) refuse(actor, i, error);
  }
  actor->progress->step = last_step(actor);
  _exit(0);
}

static bool prepared(struct actor *actor, pid_t workload, bool binds) {
  pid_t child = sys_clone(0, SIGCHLD);
  if (child == 0) prepare(actor, workload, binds);
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* What criu asks for in the middle; a descriptor is the master of a terminal. */
static bool obey(struct actor *actor, const struct response *response, int descriptor) {
  pid_t workload = (pid_t)response->pid;
  if (strcmp(response->script, "setup-namespaces") == 0) {
    struct report report = {.kind = REPORT_WORKLOAD, .a = (uint32_t)workload};
    return report_send(actor->reports, &report, -1) == 0 && prepared(actor, workload, false);
  }
  if (strcmp(response->script, "post-restore") == 0) return prepared(actor, workload, true);
  if (descriptor < 0) return true;
  struct report report = {.kind = REPORT_TERMINAL};
  return report_send(actor->reports, &report, descriptor) == 0;
}

static _Noreturn void drive(struct actor *actor, const struct step *step, int service) {
  const char *request = plan_text(&actor->plan, (uint32_t)step->number[0]);
  if (send(service, request, step->number[1], MSG_NOSIGNAL) < 0)
    refuse(actor, last_step(actor), errno);
  for (;;) {
    uint8_t message[MESSAGE_BYTES];
    struct pollfd polled = {.fd = service, .events = POLLIN};
    if (poll(&polled, 1, SILENCE_MILLIS) == 0) {
      kill(getppid(), SIGKILL);
      refuse(actor, last_step(actor), ETIMEDOUT);
    }
    int descriptor = -1;
    int count = 0;
    ssize_t size =
        descriptors_receive(service, message, sizeof message, &descriptor, 1, &count);
    struct response response;
    if (size <= 0) refuse(actor, last_step(actor), size < 0 ? errno : EPIPE);
    if (!parse(message, (size_t)size, &response)) refuse(actor, last_step(actor), EPROTO);
    if (response.type == TYPE_RESTORE) {
      if (response.success == 0)
        refuse(actor, last_step(actor), response.error == 0 ? EIO : (int)response.error);
      actor->progress->committed = 1;
      _exit(0);
    }
    if (response.type != TYPE_NOTIFY) refuse(actor, last_step(actor), EPROTO);
    bool well = obey(actor, &response, count == 1 ? descriptor : -1);
    if (count == 1) close(descriptor);
    const uint8_t reply[] = {1 << 3, TYPE_NOTIFY, 3 << 3, well};
    if (send(service, reply, sizeof reply, MSG_NOSIGNAL) < 0)
      refuse(actor, last_step(actor), errno);
  }
}

/* Leaves `descriptor` open in criu, under `number`. */
static void give(const struct actor *actor, int descriptor, int number) {
  if (descriptor < 0 || dup2(descriptor, number) < 0) refuse(actor, last_step(actor), errno);
}

static int above(int descriptor) {
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, CRIU_DESCRIPTORS);
  close(descriptor);
  return moved;
}

_Noreturn void restore_workload(struct actor *actor) {
  const struct step *step = &actor->plan.steps[LIST_INSIDE][last_step(actor)];
  actor->progress->phase = actor->phase = PHASE_INSIDE;
  actor->progress->step = last_step(actor);
  /* It was there for its id map, which the mounts have taken. */
  kill(actor->workload, SIGKILL);
  while (waitpid(actor->workload, NULL, 0) < 0 && errno == EINTR) {
  }
  for (int slot = 0; slot < SLOT_LIMIT; slot++) {
    if (actor->slots[slot] >= 0) close(actor->slots[slot]);
  }
  close_descriptor(&actor->user_namespace);
  int folders[2];
  for (int i = 0; i < 2; i++) {
    int folder = open(plan_text(&actor->plan, step->text[i]), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) refuse(actor, last_step(actor), errno);
    folders[i] = above(folder);
  }
  int service[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, service) < 0)
    refuse(actor, last_step(actor), errno);
  service[0] = above(service[0]);
  service[1] = above(service[1]);
  int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  reset_signals();
  pid_t driver = sys_clone(0, SIGCHLD);
  if (driver < 0) refuse(actor, last_step(actor), errno);
  if (driver == 0) {
    /* It hears of criu's end from the socket, which may be after criu's last word. */
    for (int stream = 0; stream < 3; stream++) close(actor->streams[stream]);
    close(service[0]);
    drive(actor, step, service[1]);
  }
  char **arguments = plan_strings(&actor->plan, step->data);
  close(service[1]);
  for (int stream = 0; stream < 3; stream++) {
    give(actor, actor->streams[stream], STREAM + stream);
    fcntl(STREAM + stream, F_SETFD, 0);
    give(actor, nowhere, stream);
  }
  give(actor, service[0], SERVICE);
  give(actor, folders[0], IMAGES);
  give(actor, folders[1], WORK);
  static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char *environment[] = {path, NULL};
  execve(arguments[0], arguments, environment);
  refuse(actor, last_step(actor), errno);
}
