#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void fail(const char *what) {
  fprintf(stderr, "abode-probe: %s: %s\n", what, strerror(errno));
  exit(1);
}

uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(int count, char **words) {
  const char *verb = count > 1 ? words[1] : "";
  if (count == 3 && !strcmp(verb, "work")) return work(words[2]);
  if (count == 2 && !strcmp(verb, "look")) return look();
  if (count == 3 && !strcmp(verb, "disk")) return disk(words[2]);
  if (count == 3 && !strcmp(verb, "filters")) return filters(words[2]);
  if (count == 3 && !strcmp(verb, "serve")) return serve(words[2]);
  if (count == 4 && !strcmp(verb, "ping")) return ping(words[2], words[3]);
  fprintf(stderr, "abode-probe: work FOLDER | look | disk PATH | filters PID | serve PORT | ping ADDRESS PORT\n");
  return 2;
}
