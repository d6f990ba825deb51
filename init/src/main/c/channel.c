/* See channel.h. */
#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void channel_open(struct channel *channel, int in, int out) {
  channel->in = in;
  channel->out = out;
  channel->gone = channel->ended = false;
  channel->in_start = channel->in_end = channel->out_start = channel->out_end = 0;
}

void channel_close(struct channel *channel) {
  if (channel->in >= 0) close(channel->in);
  if (channel->out >= 0 && channel->out != channel->in) close(channel->out);
  channel->in = channel->out = -1;
  channel->gone = channel->ended = true;
}

bool channel_has_room(const struct channel *channel) {
  return channel->out_end - channel->out_start <= FRAME_BYTES;
}

/* The number of bytes the peer took; all of them when it is gone, since nobody wants them. */
static size_t offer(struct channel *channel, const char *bytes, size_t size) {
  size_t done = 0;
  while (done < size && !channel->gone) {
    ssize_t sent = write(channel->out, bytes + done, size - done);
    if (sent >= 0) done += (size_t)sent;
    else if (errno == EAGAIN) return done;
    else if (errno != EINTR) channel->gone = true;
  }
  return size;
}

bool channel_flush(struct channel *channel) {
  uint32_t queued = channel->out_end - channel->out_start;
  if (queued == 0) return false;
  size_t sent = offer(channel, channel->queued + channel->out_start, queued);
  channel->out_start += (uint32_t)sent;
  if (channel->out_start == channel->out_end) channel->out_start = channel->out_end = 0;
  return sent > 0;
}

static void queue(struct channel *channel, const char *bytes, size_t size) {
  if (size > QUEUED_BYTES - channel->out_end) {
    uint32_t queued = channel->out_end - channel->out_start;
    memmove(channel->queued, channel->queued + channel->out_start, queued);
    channel->out_start = 0;
    channel->out_end = queued;
  }
  if (size > QUEUED_BYTES - channel->out_end) {
    channel->gone = true; /* who sends more than was granted is not listened to any more */
    return;
  }
  memcpy(channel->queued + channel->out_end, bytes, size);
  channel->out_end += (uint32_t)size;
}

void channel_send(struct channel *channel, const char *frame, size_t size) {
  size_t sent = channel_is_queueing(channel) ? 0 : offer(channel, frame, size);
  if (sent < size) queue(channel, frame + sent, size - sent);
}

void channel_send_frame(struct channel *channel, const struct frame *header, const void *payload) {
  bool idle = !channel_is_queueing(channel);
  queue(channel, (const char *)header, sizeof *header);
  if (header->size > 0) queue(channel, payload, header->size);
  if (idle) channel_flush(channel);
}

enum reading channel_read(struct channel *channel) {
  if (channel->in_start == channel->in_end) {
    channel->in_start = channel->in_end = 0;
  } else if (channel->in_start > 0) {
    memmove(channel->received, channel->received + channel->in_start,
            channel->in_end - channel->in_start);
    channel->in_end -= channel->in_start;
    channel->in_start = 0;
  }
  size_t room = RECEIVED_BYTES - channel->in_end;
  if (room == 0) return READ_NOTHING;
  ssize_t received = read(channel->in, channel->received + channel->in_end, room);
  if (received > 0) {
    channel->in_end += (uint32_t)received;
    return READ_SOME;
  }
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return READ_NOTHING;
  return READ_END;
}

char *channel_frame(struct channel *channel, struct frame *header, bool *broken) {
  uint32_t held = channel->in_end - channel->in_start;
  if (held < sizeof *header) return NULL;
  memcpy(header, channel->received + channel->in_start, sizeof *header);
  if (header->size > FRAME_PAYLOAD_LIMIT) {
    *broken = true;
    return NULL;
  }
  if (held - sizeof *header < header->size) return NULL;
  return channel->received + channel->in_start + sizeof *header;
}

void channel_frame_done(struct channel *channel, const struct frame *header) {
  channel->in_start += (uint32_t)sizeof *header + header->size;
}

/* Whole pages within `bytes`, but for its first ones, which are touched all the time. */
static void forget(char *bytes, size_t size) {
  enum { PAGE = 4096, KEPT = 2 * PAGE };
  uintptr_t start = ((uintptr_t)bytes + KEPT + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
  uintptr_t end = ((uintptr_t)bytes + size) & ~(uintptr_t)(PAGE - 1);
  madvise((void *)start, end - start, MADV_DONTNEED);
}

void channel_forget(struct channel *channel) {
  if (channel->in_start == channel->in_end) forget(channel->received, sizeof channel->received);
  if (!channel_is_queueing(channel)) forget(channel->queued, sizeof channel->queued);
}
