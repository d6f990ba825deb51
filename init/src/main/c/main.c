/* abode-init: plays a launch plan and supervises what it launched. It decides nothing. */
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
  if (count < 2 || strcmp(arguments[1], "shim") != 0) {
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
