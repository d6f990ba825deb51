/* Connections: bounded buffers in both directions, in one mapping that costs what it touches. */
#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

struct client *client_open(int socket) {
  struct client *client = mmap(NULL, sizeof *client, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (client == MAP_FAILED) return NULL;
  client->socket = socket;
  return client;
}

void client_close(struct client *client) {
  close(client->socket);
  munmap(client, sizeof *client);
}

bool client_has_room(const struct client *client) {
  return client->out_end - client->out_start <=
         OUTPUT_BYTES - 2 * (sizeof(struct frame) + FRAME_PAYLOAD_LIMIT);
}

/* The number of bytes the socket took; all of them when the peer is gone, since nobody wants them. */
static size_t offer(struct client *client, const char *bytes, size_t size) {
  size_t done = 0;
  while (done < size && !client->gone) {
    ssize_t sent = send(client->socket, bytes + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) done += (size_t)sent;
    else if (errno == EAGAIN) return done;
    else if (errno != EINTR) client->gone = true;
  }
  return size;
}

bool client_flush(struct client *client) {
  uint32_t queued = client->out_end - client->out_start;
  if (queued == 0) return false;
  size_t sent = offer(client, client->out + client->out_start, queued);
  client->out_start += (uint32_t)sent;
  if (client->out_start == client->out_end) client->out_start = client->out_end = 0;
  return sent > 0;
}

void client_send(struct client *client, const char *frame, size_t size) {
  if (client->out_start == client->out_end) {
    size_t sent = offer(client, frame, size);
    frame += sent;
    size -= sent;
  }
  if (size == 0) return;
  if (size > OUTPUT_BYTES - client->out_end) {
    uint32_t queued = client->out_end - client->out_start;
    memmove(client->out, client->out + client->out_start, queued);
    client->out_start = 0;
    client->out_end = queued;
  }
  if (size > OUTPUT_BYTES - client->out_end) {
    client->gone = true; /* cannot be: output waits for room, and events are few */
    return;
  }
  memcpy(client->out + client->out_end, frame, size);
  client->out_end += (uint32_t)size;
}

void client_send_frame(struct client *client, enum frame_type type, const void *payload,
                       size_t size) {
  char frame[sizeof(struct frame) + RECORD_LIMIT];
  struct frame header = {.size = (uint32_t)size, .type = (uint8_t)type, .time = time_now()};
  memcpy(frame, &header, sizeof header);
  if (size > 0) memcpy(frame + sizeof header, payload, size);
  client_send(client, frame, sizeof header + size);
}

enum reading client_read(struct client *client) {
  if (client->in_start == client->in_end) {
    client->in_start = client->in_end = 0;
  } else if (client->in_start > 0) {
    memmove(client->in, client->in + client->in_start, client->in_end - client->in_start);
    client->in_end -= client->in_start;
    client->in_start = 0;
  }
  size_t room = INPUT_BYTES - client->in_end;
  if (room == 0) return READ_NOTHING;
  ssize_t received = recv(client->socket, client->in + client->in_end, room, MSG_DONTWAIT);
  if (received > 0) {
    client->in_end += (uint32_t)received;
    return READ_SOME;
  }
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return READ_NOTHING;
  return READ_END;
}

const char *client_frame(struct client *client, struct frame *header, bool *broken) {
  uint32_t held = client->in_end - client->in_start;
  if (held < sizeof *header) return NULL;
  memcpy(header, client->in + client->in_start, sizeof *header);
  if (header->size > FRAME_PAYLOAD_LIMIT) {
    *broken = true;
    return NULL;
  }
  if (held - sizeof *header < header->size) return NULL;
  return client->in + client->in_start + sizeof *header;
}

void client_frame_done(struct client *client, const struct frame *header) {
  client->in_start += (uint32_t)sizeof *header + header->size;
  client->consumed = 0;
}
