/* The workload's standard streams, from the shim's side. */
#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* One frame, header first, so that one write sends it. */
enum { PAGE = 4096, CHUNK_BYTES = (FRAME_PAYLOAD_LIMIT / PAGE + 1) * PAGE };
static _Alignas(PAGE) char chunk[CHUNK_BYTES];
static bool chunk_touched; /* beyond its first page */

void close_output(struct output *output) {
  /* The terminal's master is both input and output. */
  if (is_terminal()) shim.input = -1;
  close_descriptor(&output->file);
}

void end_input(void) {
  if (!is_terminal()) close_descriptor(&shim.input);
}

bool clients_have_room(uint8_t bit) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (!client->gone && (client->streams & bit) != 0 && !client_has_room(client))
      return false;
  }
  return true;
}

void pass_output(int index) {
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

bool pass_input(struct client *client, const char *payload, uint32_t size) {
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

void bound_outputs(void) {
  for (int index = 0; index < 2; index++) {
    struct output *output = &shim.outputs[index];
    if (output->file < 0 || output->bounded) continue;
    output->bounded = true;
    if (ioctl(output->file, FIONREAD, &output->left) < 0) output->left = 0;
    if (output->left == 0) close_output(output);
  }
}

bool output_left(void) { return shim.outputs[0].file >= 0 || shim.outputs[1].file >= 0; }

bool backpressed(void) {
  for (int index = 0; index < 2; index++) {
    if (shim.outputs[index].file >= 0 && !clients_have_room(stream_bit(index))) return true;
  }
  return false;
}

bool output_remembered(void) { return chunk_touched; }

void forget_output(void) {
  /* A burst would leave 64 KiB resident for the rest of the workload's life. */
  madvise(chunk + PAGE, sizeof chunk - PAGE, MADV_DONTNEED);
  chunk_touched = false;
}
