/* The front of the abode command. To start a JVM takes longer than most questions to an engine, and
   an engine is a JVM that runs already: so the command line is handed to it, and what it prints is
   copied. Where that cannot be, this process becomes the JVM that does it itself:

     abode-front BUILD COMMAND... -- WORDS...

   WORDS are what was typed behind "abode", BUILD is which build this is, and COMMAND with the words
   behind it is the command as a JVM. It is what runs if no engine listens, if the engine says that the
   line is not for it (only it knows which verbs there are), if it is of another build, or if what
   listens is no engine of ours. Nothing of a line has been done by then.

   The request is described at CommandRoutes.java. Of the environment four variables are passed on. */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  STATUS_USAGE = 125,
  MAX_HEAD = 8 * 1024,
  STREAM_STATUS = 3,
};

static const char default_socket[] = "/run/abode/abode.sock";
static const char unix_scheme[] = "unix://";
static const char *const passed_on[] = {"COLUMNS", "NO_COLOR", "TERM", "TZ"};

struct line {
  const char *build;
  char **command;
  char **words;
  char **behind_host;
};

static const char *non_empty(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

/* Where the engine listens, as EngineAddress.java has it; NULL if the JVM has to tell. */
static const char *find_socket(struct line *line) {
  const char *host = NULL;
  char **word = line->words;
  for (; *word; word++) {
    if (strcmp(*word, "-H") == 0 || strcmp(*word, "--host") == 0) {
      if (!*++word) return NULL;
      host = *word;
    } else if (strncmp(*word, "--host=", 7) == 0) {
      host = *word + 7;
    } else {
      break;
    }
  }
  line->behind_host = word;
  if (!host) host = non_empty("ABODE_HOST");
  if (!host) host = non_empty("DOCKER_HOST");
  /* The socket of another root has a digest in its name. */
  if (!host) return non_empty("ABODE_ROOT") ? NULL : default_socket;
  const size_t scheme = sizeof unix_scheme - 1;
  return strncmp(host, unix_scheme, scheme) == 0 && host[scheme] ? host + scheme : NULL;
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  int engine = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (engine >= 0 && connect(engine, (struct sockaddr *)&address, sizeof address) != 0) {
    close(engine);
    return -1;
  }
  return engine;
}

static bool write_all(int descriptor, const void *bytes, size_t length) {
  const char *next = bytes;
  while (length > 0) {
    ssize_t count = write(descriptor, next, length);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    next += count;
    length -= (size_t)count;
  }
  return true;
}

/* The request: texts, each ended by a zero byte. */
static bool ask(int engine, const struct line *line) {
  char *body = NULL;
  size_t length = 0;
  FILE *texts = open_memstream(&body, &length);
  if (!texts) return false;
  fprintf(texts, "%s%c", line->build, 0);
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (isatty(descriptor)) fputc('0' + descriptor, texts);
  }
  fputc(0, texts);
  for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
    const char *value = getenv(passed_on[i]);
    if (value) fprintf(texts, "%s=%s%c", passed_on[i], value, 0);
  }
  fputc(0, texts);
  for (char **word = line->behind_host; *word; word++) fprintf(texts, "%s%c", *word, 0);
  if (fclose(texts) != 0) return false;

  char *request = NULL;
  size_t all = 0;
  FILE *whole = open_memstream(&request, &all);
  if (!whole) return false;
  fprintf(whole, "POST /abode/command HTTP/1.1\r\nHost: abode\r\nContent-Length: %zu\r\n\r\n", length);
  fwrite(body, 1, length, whole);
  /* An engine that refuses early may have closed its side. */
  return fclose(whole) == 0 && send(engine, request, all, MSG_NOSIGNAL) == (ssize_t)all;
}

/* Reads the head of the answer, byte for byte since frames follow it; true if the line is run. */
static bool is_taken(FILE *answer) {
  char head[MAX_HEAD + 1];
  size_t length = 0;
  while (length < MAX_HEAD) {
    int octet = getc(answer);
    if (octet == EOF) return false;
    head[length++] = (char)octet;
    head[length] = 0;
    if (length >= 4 && memcmp(head + length - 4, "\r\n\r\n", 4) == 0) {
      return strncmp(head, "HTTP/1.1 200 ", 13) == 0;
    }
  }
  return false;
}

static uint32_t number(const unsigned char *octets) {
  return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
}

/* Copies what the engine prints until it tells the exit status. */
static int copy(FILE *answer) {
  unsigned char header[8];
  while (fread(header, 1, sizeof header, answer) == sizeof header) {
    uint32_t left = number(header + 4);
    if (header[0] == STREAM_STATUS) {
      unsigned char status[4];
      if (left != sizeof status || fread(status, 1, left, answer) != left) break;
      return (int)number(status);
    }
    char piece[16 * 1024];
    while (left > 0) {
      size_t count = fread(piece, 1, left < sizeof piece ? left : sizeof piece, answer);
      if (count == 0) break;
      /* Who reads it may have seen enough; SIGPIPE ends us then, or has been chosen not to. */
      if (!write_all(header[0] == 2 ? STDERR_FILENO : STDOUT_FILENO, piece, count)) return 1;
      left -= (uint32_t)count;
    }
    if (left > 0) break;
  }
  fputs("abode: the engine ended before it had answered; its log says why\n", stderr);
  return 1;
}

static int become_jvm(const struct line *line) {
  size_t count = 0;
  while (line->words[count]) count++;
  /* The words move to where the separator is, behind the command's own. */
  memmove(line->words - 1, line->words, (count + 1) * sizeof *line->words);
  execv(line->command[0], line->command);
  fprintf(stderr, "abode: could not execute %s: %s; delete the folder .build of the checkout\n",
          line->command[0], strerror(errno));
  return STATUS_USAGE;
}

int main(int count, char **words) {
  int separator = 2;
  while (separator < count && strcmp(words[separator], "--") != 0) separator++;
  if (separator < 3 || separator >= count) {
    fputs("usage: abode-front BUILD COMMAND... -- WORDS...\n", stderr);
    return STATUS_USAGE;
  }
  struct line line = {words[1], words + 2, words + separator + 1, words + separator + 1};
  const char *socket_path = find_socket(&line);
  int engine = socket_path ? connect_to(socket_path) : -1;
  if (engine >= 0 && ask(engine, &line)) {
    FILE *answer = fdopen(engine, "r");
    if (answer && is_taken(answer)) return copy(answer);
  }
  return become_jvm(&line);
}
