/*
 * abode-init: plays a launch plan and supervises what it launched, on a host as a shim, in a guest
 * as its first process. It decides nothing.
 */
#include "agent.h"
#include "shim.h"

#include <string.h>
#include <unistd.h>

static char *arguments_start;
static size_t arguments_size;

void forget_arguments(void) {
  static const char name[] = "abode-init";
  if (arguments_size < sizeof name) return;
  memset(arguments_start, 0, arguments_size);
  memcpy(arguments_start, name, sizeof name);
}

int main(int count, char **arguments) {
  /* Workloads that need nothing but this file: one runs until it is killed, or half a minute. */
  if (count == 2 && strcmp(arguments[1], "hold") == 0) return (int)sleep(30);
  if (count == 2 && strcmp(arguments[1], "end") == 0) return 0;
  bool is_shim = count >= 2 && strcmp(arguments[1], "shim") == 0;
  if (count >= 2 && strcmp(arguments[1], "agent") == 0) agent_run(false);
  if (!is_shim && getpid() == 1) agent_run(true);
  if (!is_shim) {
    static const char usage[] =
        "abode-init is started by the engine: abode-init shim [NAME], the plan being descriptor 3 "
        "and the listening socket descriptor 4\n";
    return write(STDERR_FILENO, usage, sizeof usage - 1) < 0 ? 3 : 2;
  }
  arguments_start = arguments[0];
  char *last = arguments[count - 1];
  arguments_size = (size_t)(last + strlen(last) + 1 - arguments_start);
  shim_run();
}
