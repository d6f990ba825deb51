/* What clients are told and what they ask for. */
#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

void client_send_frame(struct client *client, enum frame_type type, const void *payload,
                       size_t size) {
  struct frame header = {.size = (uint32_t)size, .type = (uint8_t)type, .time = time_now()};
  channel_send_frame(&client->channel, &header, payload);
}

struct client *any_watcher(void) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (client->watching && !client->channel.gone) return client;
  }
  return NULL;
}

void release_unwatched(void) {
  if (shim.holds && shim.state == STATE_RUNNING && any_watcher() == NULL)
    kill(shim.workload, SIGKILL);
}

static void tell_process(struct client *client, enum frame_type type) {
  struct { uint32_t pid, zero; uint64_t ticks; } process = {
      (uint32_t)shim.workload, 0, shim.start_ticks};
  client_send_frame(client, type, &process, sizeof process);
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
    case STATE_BOOTING:
      if (is_machine()) tell_process(client, FRAME_BOOTING);
      else client_send_frame(client, FRAME_WAITING, NULL, 0);
      return;
    case STATE_RUNNING:
    case STATE_DRAINING:
      tell_process(client, FRAME_STARTED);
      return;
    case STATE_ENDING:
      if (shim.failed) client_send_frame(client, FRAME_FAILED, shim.failure, sizeof shim.failure);
      else client_send_frame(client, FRAME_EXITED, shim.record, shim.record_size);
      return;
  }
}

void tell_watchers(void) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (client->watching) tell_state(client);
    client->untold = false;
  }
}

void tell_all(enum frame_type type, const void *payload, size_t size) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (client->watching) client_send_frame(client, type, payload, size);
  }
}

static struct client *open_client(int socket) {
  struct client *client = mmap(NULL, sizeof *client, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (client == MAP_FAILED) return NULL;
  channel_open(&client->channel, socket, socket);
  return client;
}

static void close_client(struct client *client) {
  close(client->channel.in);
  munmap(client, sizeof *client);
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
  relay_client_left(gone);
  close_client(gone);
  shim.client_count--;
  shim.full = false;
  release_unwatched();
}

void accept_clients(void) {
  while (shim.client_count < CLIENT_LIMIT) {
    int socket = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
        shim.full = true; /* until one leaves */
      return;
    }
    struct client *client = open_client(socket);
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

static bool resize(const char *payload) {
  memcpy(&shim.size.ws_row, payload, 2);
  memcpy(&shim.size.ws_col, payload + 2, 2);
  if (is_remote()) return remote_tell(FRAME_RESIZE, payload, 4);
  if (is_terminal() && shim.input >= 0) ioctl(shim.input, TIOCSWINSZ, &shim.size);
  return true;
}

static bool send_signal(const char *payload) {
  uint32_t signal;
  memcpy(&signal, payload, sizeof signal);
  if (signal == 0 || signal >= NSIG) return true;
  if (is_remote()) return remote_signal(signal);
  /* Not reaped yet, so the pid cannot mean another process. */
  if (shim.state == STATE_RUNNING) kill(shim.workload, (int)signal);
  return true;
}

static void attach(struct client *client, uint8_t streams) {
  client->streams = streams & 7;
  client_send_frame(client, FRAME_ATTACHED, NULL, 0);
}

/* Obeys one frame. False when it has to be tried again later. */
static bool obey(struct client *client, const struct frame *frame, const char *payload) {
  if (client->session != 0) return relay_to_guest(client, frame, payload);
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
      client->untold = true;
      return true;
    case FRAME_START:
      shim.start_wanted = shim.state == STATE_WAITING;
      return true;
    case FRAME_PROCEED:
      if (shim.state == STATE_CREATED) {
        shim.state = STATE_LAUNCHING;
        if (send(shim.reports, "", 1, MSG_NOSIGNAL) < 0) launch_died();
      }
      return true;
    case FRAME_ABANDON:
      if (shim.state == STATE_CREATED) launch_abandon();
      return true;
    case FRAME_SIGNAL:
      return frame->size < 4 || send_signal(payload);
    case FRAME_RESIZE:
      return frame->size < 4 || resize(payload);
    case FRAME_JOIN:
      return relay_join(client);
    case FRAME_ASK:
      return relay_question(client, frame, payload);
    case FRAME_OUTPUT:
    case FRAME_ATTACHED:
    case FRAME_WAITING:
    case FRAME_CREATED:
    case FRAME_STARTED:
    case FRAME_FAILED:
    case FRAME_EXITED:
    case FRAME_PLAN:
    case FRAME_CREDIT:
    case FRAME_END:
    case FRAME_GONE:
    case FRAME_ENDED:
    case FRAME_JOINED:
    case FRAME_BOOTING:
    case FRAME_HELLO:
    case FRAME_READY:
    case FRAME_ANSWER:
    case FRAME_TYPE_COUNT:
      return true; /* the shim's own words, or those of other conversations: nothing to obey */
  }
  return true;
}

/* Who says START with the same breath is not woken to hear that it was waited for. */
static void tell_untold(struct client *client) {
  bool starts = shim.state == STATE_WAITING && shim.start_wanted;
  if (client->untold && !starts) tell_state(client);
  client->untold = false;
}

static void obey_all(struct client *client) {
  struct frame header;
  bool broken = false;
  const char *payload;
  client->blocked = false;
  while ((payload = channel_frame(&client->channel, &header, &broken)) != NULL) {
    if (!obey(client, &header, payload)) {
      client->blocked = true;
      break;
    }
    channel_frame_done(&client->channel, &header);
    client->consumed = 0;
  }
  tell_untold(client);
  if (broken) client_refuse(client);
}

static void read_client(struct client *client) {
  for (;;) {
    enum reading reading = channel_read(&client->channel);
    if (reading == READ_END) client_refuse(client);
    if (reading != READ_SOME) return;
    obey_all(client);
    if (client->blocked || client->channel.ended) return;
  }
}

void serve_clients(const struct pollfd *polled, nfds_t count) {
  struct client *client = shim.clients;
  for (nfds_t index = 0; index < count && client != NULL; index++) {
    struct client *next = client->next;
    short events = polled[index].revents;
    if ((events & POLLOUT) != 0 && channel_flush(&client->channel) && shim.state >= STATE_DRAINING)
      shim.deadline = stuck_deadline();
    if (client->blocked) {
      if ((events & (POLLHUP | POLLERR)) != 0) client->channel.gone = true;
      obey_all(client);
    }
    if (!client->blocked && (events & (POLLIN | POLLHUP | POLLERR)) != 0) read_client(client);
    client = next;
  }
  /* What a peer sent before it left still counts; then it is forgotten. */
  for (client = shim.clients; client != NULL;) {
    struct client *next = client->next;
    struct channel *channel = &client->channel;
    if (channel->gone && !channel->ended && !client->blocked) read_client(client);
    if (channel->ended && !client->blocked) drop_client(client);
    client = next;
  }
}

void serve_early_clients(void) {
  accept_clients();
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (!client->blocked && !client->channel.ended) read_client(client);
  }
}

void drop_stuck_clients(void) {
  for (struct client *client = shim.clients; client != NULL;) {
    struct client *next = client->next;
    if (channel_is_queueing(&client->channel)) drop_client(client);
    client = next;
  }
}

bool all_taken(void) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (!client->channel.gone && channel_is_queueing(&client->channel)) return false;
  }
  return true;
}
