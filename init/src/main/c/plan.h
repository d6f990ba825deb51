/* A plan in memory: read once, checked once, then trusted. */
#ifndef ABODE_PLAN_H
#define ABODE_PLAN_H

#include "wire.h"

#include <stddef.h>

struct plan {
  struct plan_header *header;
  struct step *steps[3]; /* before, beside, inside */
  char *area;
  size_t area_size;
};

enum list { LIST_BEFORE, LIST_BESIDE, LIST_INSIDE };

/*
 * Maps and checks the plan in the sealed memory file. After success every offset in it is within
 * the area, every string is terminated and every blob is whole. Returns 0 or an errno: EPERM when
 * the file is not sealed, EBADMSG when it is no plan of this version.
 */
int plan_load(int descriptor, struct plan *plan);

void plan_unload(struct plan *plan);

static inline const char *plan_text(const struct plan *plan, uint32_t offset) {
  return plan->area + offset;
}

/*
 * Turns the array of offsets at `offset` into the array of pointers that execve(2) takes, in place:
 * the mapping is private, and nothing needs to be allocated in the workload's process.
 */
char **plan_strings(const struct plan *plan, uint64_t offset);

#endif
