/* How a workload ended, on disk before anyone is told. The form is that of ExitRecord.java. */
#include "shim.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static size_t line(char *text, size_t at, const char *name, uint64_t value) {
  size_t length = strlen(name);
  memcpy(text + at, name, length);
  at += length;
  text[at++] = ' ';
  at += decimal(value, text + at);
  text[at++] = '\n';
  return at;
}

static uint64_t microseconds(struct timeval time) {
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

size_t record_format(const struct outcome *outcome, char text[RECORD_LIMIT]) {
  int status = outcome->status;
  size_t at = 0;
  at = line(text, at, "pid", (uint64_t)outcome->pid);
  at = line(text, at, "status", WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 0);
  at = line(text, at, "signal", WIFSIGNALED(status) ? (uint64_t)WTERMSIG(status) : 0);
  at = line(text, at, "oom", outcome->oom_kills);
  at = line(text, at, "started", outcome->started);
  at = line(text, at, "finished", outcome->finished);
  at = line(text, at, "user_usec", microseconds(outcome->usage.ru_utime));
  at = line(text, at, "system_usec", microseconds(outcome->usage.ru_stime));
  at = line(text, at, "max_rss_kib", (uint64_t)outcome->usage.ru_maxrss);
  at = line(text, at, "machine_died", outcome->machine_died ? 1 : 0);
  return at;
}

/* The number behind `name` in the lines of `text`. False when there is none of at most `limit`. */
static bool value(const char *text, const char *name, uint64_t limit, uint64_t *found) {
  size_t length = strlen(name);
  for (const char *at = text; at != NULL && *at != 0; at = strchr(at, '\n')) {
    if (*at == '\n') at++;
    if (strncmp(at, name, length) != 0 || at[length] != ' ') continue;
    char *end;
    *found = strtoull(at + length + 1, &end, 10);
    return *end == '\n' && *found <= limit;
  }
  return false;
}

static struct timeval time_of(uint64_t microseconds) {
  return (struct timeval){.tv_sec = (time_t)(microseconds / 1000000),
                          .tv_usec = (suseconds_t)(microseconds % 1000000)};
}

bool record_parse(struct outcome *outcome, const char *text, size_t size) {
  char copy[RECORD_LIMIT + 1];
  if (size > RECORD_LIMIT) return false;
  memcpy(copy, text, size);
  copy[size] = 0;
  uint64_t status, signal, kills, user, system, resident;
  if (!value(copy, "status", 255, &status) || !value(copy, "signal", 127, &signal) ||
      !value(copy, "oom", UINT32_MAX, &kills) || !value(copy, "user_usec", INT64_MAX, &user) ||
      !value(copy, "system_usec", INT64_MAX, &system) ||
      !value(copy, "max_rss_kib", INT64_MAX / 1024, &resident))
    return false;
  outcome->status = (int)(signal != 0 ? signal : status << 8); /* as wait(2) encodes them */
  outcome->oom_kills = kills;
  outcome->usage.ru_utime = time_of(user);
  outcome->usage.ru_stime = time_of(system);
  outcome->usage.ru_maxrss = (long)resident;
  return true;
}

static int write_whole(const char *path, const char *text, size_t size) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return errno;
  ssize_t written = write(file, text, size);
  int error = written < 0 ? errno : (size_t)written != size ? ENOSPC : 0;
  close(file);
  return error;
}

/* Not synced: it is for an engine that comes after this one. Of a machine that died, whoever starts
   knows that everything ended with it. */
int record_write(const char *path, const char *text, size_t size) {
  char temporary[PATH_MAX + 8];
  size_t length = strlen(path);
  memcpy(temporary, path, length);
  memcpy(temporary + length, ".new", sizeof ".new");
  int error = write_whole(temporary, text, size);
  if (error == 0 && rename(temporary, path) < 0) error = errno;
  if (error != 0) unlink(temporary);
  return error;
}

uint64_t record_oom_kills(const char *path) {
  if (*path == 0) return 0;
  char text[1024];
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size <= 0) return 0;
  text[size] = 0;
  for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
    if (*at == '\n') at++;
    /* The space keeps oom_kill_disable of v1 out. */
    if (strncmp(at, "oom_kill ", 9) == 0) return strtoull(at + 9, NULL, 10);
  }
  return 0;
}
