/*
 * Frames over a connection: bounded buffers in both directions. What a client of a shim, a shim and
 * the agent of its machine, and the agent and the shims in the guest talk through.
 */
#ifndef ABODE_CHANNEL_H
#define ABODE_CHANNEL_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>

enum {
  FRAME_BYTES = 16 + FRAME_PAYLOAD_LIMIT,
  RECEIVED_BYTES = 2 * FRAME_BYTES,
  /* A frame that made it full, a window that may be under way by then, and the small frames. */
  QUEUED_BYTES = FRAME_BYTES + WINDOW_BYTES + FRAME_BYTES
};

struct channel {
  int in, out; /* not blocking; the same descriptor for a socket; -1 once closed */
  bool gone;   /* the peer takes nothing any more; what it sent before still counts */
  bool ended;  /* nor does anything come from it */
  uint32_t in_start, in_end, out_start, out_end;
  char received[RECEIVED_BYTES];
  char queued[QUEUED_BYTES];
};

/* The descriptors become the channel's. */
void channel_open(struct channel *channel, int in, int out);
void channel_close(struct channel *channel);

/* Queues a whole frame and sends what the peer takes. Room was looked for before. */
void channel_send(struct channel *channel, const char *frame, size_t size);
/* As above, the header being made here. */
void channel_send_frame(struct channel *channel, const struct frame *header, const void *payload);
/* Sends what is queued. True when bytes moved. */
bool channel_flush(struct channel *channel);
static inline bool channel_is_queueing(const struct channel *channel) {
  return channel->out_start != channel->out_end;
}
/* Whether it may be given another window's worth, and small frames besides. */
bool channel_has_room(const struct channel *channel);

enum reading { READ_NOTHING, READ_SOME, READ_END };
enum reading channel_read(struct channel *channel);
/*
 * The payload of the next whole frame, its header right before it, or NULL. `*header` is a copy.
 * `*broken` is set when what comes is no frame.
 */
char *channel_frame(struct channel *channel, struct frame *header, bool *broken);
void channel_frame_done(struct channel *channel, const struct frame *header);
/* Gives the memory back that a burst has touched, if nothing is held in it. */
void channel_forget(struct channel *channel);

#endif
