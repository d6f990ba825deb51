/*
 * abode-init: plays a launch plan and supervises what it launched, on a host as a shim, in a guest
 * as its first process. It decides nothing.
 */
#include "agent.h"
#include "shim.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static char *arguments_start;
static size_t arguments_size;

static void remember_arguments(int count, char **arguments) {
  arguments_start = arguments[0];
  char *last = arguments[count - 1];
  arguments_size = (size_t)(last + strlen(last) + 1 - arguments_start);
}

static void write_arguments(const char *arguments, size_t size) {
  if (arguments_size < size) return;
  memset(arguments_start, 0, arguments_size);
  memcpy(arguments_start, arguments, size);
}

void forget_arguments(void) { write_arguments("abode-init", sizeof "abode-init"); }

void name_arguments(const char *socket) {
  static const char name[] = "abode-init\0shim"; /* and a NUL */
  char arguments[sizeof name + SOCKET_PATH_LIMIT];
  size_t length = strlen(socket) + 1;
  memcpy(arguments, name, sizeof name);
  memcpy(arguments + sizeof name, socket, length);
  write_arguments(arguments, sizeof name + length);
}

int main(int count, char **arguments) {
  /* Workloads that need nothing but this file: one runs until its input ends, or half a minute. */
  if (count == 2 && strcmp(arguments[1], "hold") == 0) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 30000) < 0;
  }
  if (count == 2 && strcmp(arguments[1], "end") == 0) return 0;
  bool is_shim = count >= 2 && strcmp(arguments[1], "shim") == 0;
  bool is_nursery = count >= 2 && strcmp(arguments[1], "nursery") == 0;
  if (count >= 2 && strcmp(arguments[1], "agent") == 0) agent_run(false);
  if (!is_shim && !is_nursery && getpid() == 1) agent_run(true);
  if (!is_shim && !is_nursery) {
    static const char usage[] =
        "abode-init is started by the engine: abode-init shim [NAME], the plan being descriptor 3 "
        "and the listening socket descriptor 4; or abode-init nursery [ROOM], which gets both for "
        "each shim it forks through the socket that is descriptors 3 and 4\n";
    return write(STDERR_FILENO, usage, sizeof usage - 1) < 0 ? 3 : 2;
  }
  remember_arguments(count, arguments);
  shim_prepare();
  if (is_nursery) nursery_run();
  shim_run();
}
