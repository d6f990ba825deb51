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
  if (is_remote()) remote_end_input();
  else if (!is_terminal()) close_descriptor(&shim.input);
}

bool clients_have_room(uint8_t bit) {
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if (!client->channel.gone && (client->streams & bit) != 0 &&
        !channel_has_room(&client->channel))
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
  pass_frame(chunk, (uint8_t)(index + 1), (size_t)size);
  if (sizeof(struct frame) + (size_t)size > PAGE) chunk_touched = true;
}

static void pass_part(char *frame, uint8_t stream, size_t payload) {
  struct frame header = {
      .size = (uint32_t)payload, .type = FRAME_OUTPUT, .stream = stream, .time = time_now()};
  memcpy(frame, &header, sizeof header);
  size_t whole = sizeof header + payload;
  log_append(&shim.log, frame, whole);
  for (struct client *client = shim.clients; client != NULL; client = client->next) {
    if ((client->streams & 1 << stream) != 0) channel_send(&client->channel, frame, whole);
  }
  chunk_touched |= is_remote() && whole > PAGE;
}

void pass_frame(char *frame, uint8_t stream, size_t payload) {
  /* A guest does not know how small the parts of the log are. A part's header takes the place of
   * bytes that have been passed on already. */
  size_t limit = log_payload_limit(&shim.log);
  for (; payload > limit; payload -= limit, frame += limit) pass_part(frame, stream, limit);
  pass_part(frame, stream, payload);
}

void pass_console(void) {
  static struct log console = {.file = -1};
  static bool opened;
  struct output *output = &shim.outputs[1];
  if (!opened) {
    opened = true;
    console = (struct log){.path = shim.console_path, .part_bytes = CONSOLE_BYTES, .parts = 2};
    int error = log_open_raw(&console);
    if (error != 0) shim_note("cannot open the console's file", 0, error);
  }
  ssize_t size = read(output->file, chunk, PAGE);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) close_descriptor(&output->file);
  else log_append(&console, chunk, (size_t)size);
}

bool pass_input(struct client *client, const char *payload, uint32_t size) {
  if (is_remote()) return remote_input(client, payload, size);
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
    bool open = is_remote() || shim.outputs[index].file >= 0;
    if (open && !clients_have_room(stream_bit(index))) return true;
  }
  return false;
}

bool output_remembered(void) { return chunk_touched; }

void forget_output(void) {
  /* A burst would leave 64 KiB resident for the rest of the workload's life. */
  madvise(chunk + PAGE, sizeof chunk - PAGE, MADV_DONTNEED);
  channel_forget(&remote_channel);
  chunk_touched = false;
}
