/*
 * Loads a plan thousands of times with a few bytes changed at random, and, when it is accepted,
 * touches everything a step could touch. Built with sanitizers: what plan_load lets through must be
 * safe to use. Usage: plan-fuzz FILE ROUNDS SEED
 */
#include "plan.h"
#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static uint64_t state;

static uint64_t next_random(void) { /* splitmix64 */
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static size_t use(const struct plan *plan) {
  size_t touched = strlen(plan_text(plan, plan->header->log_path)) +
                   strlen(plan_text(plan, plan->header->exit_path)) +
                   strlen(plan_text(plan, plan->header->oom_path)) +
                   strlen(plan_text(plan, plan->header->remote_path));
  for (uint32_t byte = 0; byte < plan->header->guest_size; byte++)
    touched += (unsigned char)plan->area[plan->header->guest + byte];
  for (int list = 0; list < 3; list++) {
    for (uint32_t i = 0; i < plan->header->steps[list]; i++) {
      const struct step *step = &plan->steps[list][i];
      for (int text = 0; text < 3; text++) touched += strlen(plan_text(plan, step->text[text]));
      for (uint32_t byte = 0; byte < step->data_size; byte++)
        touched += (unsigned char)plan->area[step->data + byte];
      if (step->op == OP_MOUNT || step->op == OP_WRITE_FILE || step->op == OP_MAKE_FILE)
        touched += strlen(plan_text(plan, step->data));
      if (step->op != OP_EXECUTE) continue;
      char **arguments = plan_strings(plan, step->data);
      char **environment = plan_strings(plan, step->number[0]);
      for (; *arguments != NULL; arguments++) touched += strlen(*arguments);
      for (; *environment != NULL; environment++) touched += strlen(*environment);
    }
  }
  return touched;
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  static unsigned char original[1 << 16];
  FILE *file = fopen(arguments[1], "rb");
  if (file == NULL) return 2;
  size_t size = fread(original, 1, sizeof original, file);
  fclose(file);
  long rounds = atol(arguments[2]);
  state = strtoull(arguments[3], NULL, 10);
  size_t touched = 0;
  long accepted = 0;
  for (long round = 0; round < rounds; round++) {
    unsigned char mutated[sizeof original];
    memcpy(mutated, original, size);
    /* Round 0 is the plan itself; small offsets and special values are what breaks parsers. */
    for (uint64_t change = round == 0 ? 0 : 1 + next_random() % 3; change > 0; change--) {
      size_t at = (size_t)(next_random() % size);
      static const unsigned char special[] = {0, 1, 7, 8, 0x7f, 0x80, 0xff};
      mutated[at] = next_random() % 2 == 0 ? special[next_random() % sizeof special]
                                           : (unsigned char)next_random();
    }
    size_t length = next_random() % 16 == 0 && round > 0 ? (size_t)(next_random() % size) : size;
    int memory = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0 || write(memory, mutated, length) != (ssize_t)length) return 2;
    fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
    struct plan plan = {0};
    if (plan_load(memory, &plan) == 0) {
      accepted++;
      touched += use(&plan);
      plan_unload(&plan);
    }
    close(memory);
  }
  printf("accepted %ld of %ld, touched %zu\n", accepted, rounds, touched);
  return accepted > 0 ? 0 : 1;
}
