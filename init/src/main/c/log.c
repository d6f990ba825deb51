/* The log on disk: OUTPUT frames one after the other, in parts of bounded size. */
#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

size_t log_payload_limit(const struct log *log) {
  if (log->file < 0) return FRAME_PAYLOAD_LIMIT;
  uint64_t limit = log->part_bytes - sizeof(struct frame);
  return limit < FRAME_PAYLOAD_LIMIT ? (size_t)limit : FRAME_PAYLOAD_LIMIT;
}

/* Where the last whole frame ends. A shim that was killed may have left half a frame behind. */
static uint64_t whole_frames(int file, uint64_t size) {
  if (size == 0) return 0;
  char *base = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (base == MAP_FAILED) return size;
  uint64_t at = 0;
  while (size - at >= sizeof(struct frame)) {
    struct frame frame;
    memcpy(&frame, base + at, sizeof frame);
    if (frame.size > FRAME_PAYLOAD_LIMIT || frame.type != FRAME_OUTPUT ||
        frame.size > size - at - sizeof frame)
      break;
    at += sizeof frame + frame.size;
  }
  munmap(base, size);
  return at;
}

int log_open_raw(struct log *log) {
  log->file = open(log->path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  log->size = 0;
  return log->file < 0 ? errno : 0;
}

int log_open(struct log *log) {
  log->file = open(log->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (log->file < 0) return errno;
  struct stat status;
  if (fstat(log->file, &status) < 0) return errno;
  log->size = whole_frames(log->file, (uint64_t)status.st_size);
  if (log->size != (uint64_t)status.st_size && ftruncate(log->file, (off_t)log->size) < 0)
    return errno;
  return 0;
}

static const char *part_name(const struct log *log, uint32_t part, char *buffer) {
  size_t length = strlen(log->path);
  memcpy(buffer, log->path, length + 1);
  if (part > 0) {
    buffer[length] = '.';
    decimal(part, buffer + length + 1);
  }
  return buffer;
}

static void rotate(struct log *log) {
  char from[PATH_MAX + 16];
  char to[PATH_MAX + 16];
  if (log->parts > 1) {
    for (uint32_t part = log->parts - 1; part > 0; part--)
      rename(part_name(log, part - 1, from), part_name(log, part, to));
  } else {
    unlink(log->path);
  }
  int file = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    /* Better one part that is too long than lines that are lost. */
    shim_note("cannot begin a new part of the log", log->size, errno);
    return;
  }
  close(log->file);
  log->file = file;
  log->size = 0;
}

void log_append(struct log *log, const char *frame, size_t size) {
  if (log->file < 0) return;
  if (log->size > 0 && log->size + size > log->part_bytes) rotate(log);
  size_t done = 0;
  while (done < size) {
    ssize_t written = write(log->file, frame + done, size - done);
    if (written > 0) {
      done += (size_t)written;
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    /* A full disk must not stop the workload, nor leave half a frame for readers to stumble on. */
    if (!log->broken) shim_note("log frames are lost from byte", log->size, errno);
    log->broken = true;
    if (done > 0 && ftruncate(log->file, (off_t)log->size) < 0)
      shim_note("cannot cut the log at byte", log->size, errno);
    return;
  }
  log->size += size;
  log->broken = false;
}
