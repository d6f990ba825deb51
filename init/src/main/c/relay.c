/* What a machine's shim does for others: their sessions in its guest, and their questions. */
#include "shim.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

enum slot_state { SLOT_FREE, SLOT_OPEN, SLOT_ENDING, /* to be told */ SLOT_ENDED /* told */ };

static struct slot {
  struct client *client;
  enum slot_state state;
  uint32_t allowance; /* bytes of OUTPUT that the guest may still send */
} slots[SESSION_LIMIT];

static int ending;       /* how many slots are */
static uint64_t tickets; /* given out */
static bool held;        /* the guest is frozen: not a byte but THAW goes there */
static bool to_thaw;     /* who froze it left */

bool relay_has_room(void) { return !held && channel_has_room(&remote_channel); }

bool relay_join(struct client *client) {
  uint16_t number = 1;
  while (number < SESSION_LIMIT && slots[number].state != SLOT_FREE) number++;
  if (!is_machine() || shim.state != STATE_RUNNING || client->session != 0 ||
      number == SESSION_LIMIT) {
    client_refuse(client);
    return true;
  }
  slots[number] = (struct slot){.client = client, .state = SLOT_OPEN, .allowance = WINDOW_BYTES};
  client->session = number;
  client_send_frame(client, FRAME_JOINED, NULL, 0);
  return true;
}

bool relay_to_guest(struct client *client, const struct frame *frame, const char *payload) {
  if (!relay_has_room()) return false;
  if (frame->type == FRAME_CREDIT && frame->size == 4) {
    uint32_t credit;
    memcpy(&credit, payload, sizeof credit);
    slots[client->session].allowance += credit;
  }
  struct frame header = *frame;
  header.session = client->session;
  channel_send_frame(&remote_channel, &header, payload);
  return true;
}

static void answer(struct client *client, uint32_t error) {
  client_send_frame(client, FRAME_ANSWER, &error, sizeof error);
}

static void ask(uint64_t ticket, const void *payload, uint32_t size) {
  struct frame header = {
      .size = size, .type = FRAME_ASK, .session = SESSION_CONTROL, .time = ticket};
  channel_send_frame(&remote_channel, &header, payload);
}

/* Which of the workload's pipes lead here: criu(8) has to be told. */
static void answer_streams(struct client *client) {
  struct { uint32_t error, zero; uint64_t inodes[3]; } streams = {0};
  int files[3] = {shim.input, shim.outputs[0].file, shim.outputs[1].file};
  for (int stream = 0; stream < 3; stream++) {
    struct stat status;
    if (files[stream] >= 0 && fstat(files[stream], &status) == 0 && S_ISFIFO(status.st_mode))
      streams.inodes[stream] = status.st_ino;
  }
  client_send_frame(client, FRAME_ANSWER, &streams, sizeof streams);
}

bool relay_question(struct client *client, const struct frame *frame, const char *payload) {
  uint32_t question = 0;
  if (frame->size >= sizeof question) memcpy(&question, payload, sizeof question);
  if (question == ASK_STREAMS && !is_remote()) {
    answer_streams(client);
    return true;
  }
  bool known = question == ASK_READ || question == ASK_FREEZE || question == ASK_THAW;
  if (!known || frame->size > sizeof question + PATH_MAX || client->ticket != 0) {
    answer(client, EINVAL);
    return true;
  }
  if (!is_machine() || (shim.state != STATE_RUNNING && shim.state != STATE_DRAINING)) {
    answer(client, ENOTCONN);
    return true;
  }
  bool thaws = question == ASK_THAW && held;
  if (!thaws && !relay_has_room()) return false;
  client->ticket = ++tickets;
  ask(client->ticket, payload, frame->size);
  if (question == ASK_FREEZE) held = client->froze = true;
  if (question == ASK_THAW) held = to_thaw = client->froze = false;
  return true;
}

static bool pass_answer(const struct frame *frame, char *payload) {
  if (frame->type != FRAME_ANSWER || frame->size < 4 || frame->size > 4 + ANSWER_LIMIT ||
      frame->time > tickets)
    return false;
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (client->ticket != frame->time) continue;
    client->ticket = 0;
    channel_send(&client->channel, payload - sizeof *frame, sizeof *frame + frame->size);
    return true;
  }
  return true; /* who asked has left */
}

static bool is_from_session(enum frame_type type) {
  switch (type) {
    case FRAME_OUTPUT:
    case FRAME_ATTACHED:
    case FRAME_WAITING:
    case FRAME_CREATED:
    case FRAME_STARTED:
    case FRAME_FAILED:
    case FRAME_EXITED:
    case FRAME_CREDIT:
    case FRAME_GONE:
    case FRAME_ENDED:
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
    case FRAME_JOINED:
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

bool relay_from_guest(const struct frame *frame, char *payload) {
  if (frame->session == SESSION_CONTROL) return pass_answer(frame, payload);
  if (frame->session >= SESSION_LIMIT || !is_from_session((enum frame_type)frame->type))
    return false;
  struct slot *slot = &slots[frame->session];
  if (slot->state == SLOT_FREE) return false;
  uint32_t size = (uint32_t)sizeof *frame + frame->size;
  if (frame->type == FRAME_OUTPUT) {
    if (size > slot->allowance) return false;
    slot->allowance -= size;
  } else if (frame->size > RECORD_LIMIT) {
    return false;
  }
  struct client *client = slot->client;
  if (client != NULL) {
    struct frame header = *frame;
    header.session = SESSION_WORKLOAD;
    memcpy(payload - sizeof header, &header, sizeof header);
    channel_send(&client->channel, payload - sizeof header, size);
    /* A guest that floods a session loses that session. */
    if (client->channel.gone) client_refuse(client);
  }
  if (frame->type == FRAME_GONE) {
    if (client != NULL) client->session = 0;
    if (slot->state == SLOT_ENDING) ending--;
    *slot = (struct slot){.state = SLOT_FREE};
  }
  return true;
}

void relay_client_left(struct client *client) {
  if (client->froze) to_thaw = true;
  if (client->session == 0) return;
  slots[client->session].client = NULL;
  slots[client->session].state = SLOT_ENDING;
  ending++;
}

void relay_advance(void) {
  if (to_thaw) {
    uint32_t question = ASK_THAW;
    ask(++tickets, &question, sizeof question);
    held = to_thaw = false;
  }
  for (uint16_t number = 1; ending > 0 && number < SESSION_LIMIT && relay_has_room(); number++) {
    if (slots[number].state != SLOT_ENDING) continue;
    struct frame header = {.type = FRAME_END, .session = number, .time = time_now()};
    channel_send_frame(&remote_channel, &header, NULL);
    slots[number].state = SLOT_ENDED;
    ending--;
  }
}
