#include "plan.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static bool is_text(const struct plan *plan, uint32_t offset) { return offset < plan->area_size; }

/* A path is used in buffers of PATH_MAX; what the kernel would refuse anyway is refused here. */
static bool is_path(const struct plan *plan, uint32_t offset) {
  return is_text(plan, offset) && strnlen(plan->area + offset, PATH_MAX) < PATH_MAX;
}

static bool is_blob(const struct plan *plan, uint64_t offset, uint64_t size) {
  return offset % 8 == 0 && offset <= plan->area_size && size <= plan->area_size - offset;
}

static bool is_array(const struct plan *plan, uint64_t offset, uint64_t size) {
  if (!is_blob(plan, offset, size) || size < 8 || size % 8 != 0) return false;
  const uint64_t *entries = (const uint64_t *)(const void *)(plan->area + offset);
  size_t count = size / 8 - 1;
  for (size_t i = 0; i < count; i++) {
    if (entries[i] >= plan->area_size) return false;
  }
  return entries[count] == ARRAY_END;
}

static bool is_last(const struct step *step) {
  return step->op == OP_EXECUTE || step->op == OP_HOLD || step->op == OP_SERVE_FILES ||
         step->op == OP_RESTORE;
}

static bool is_step(const struct plan *plan, enum list list, const struct step *step) {
  if (step->op == 0 || step->op >= OP_COUNT || (step->flags & ~(uint32_t)STEP_FLAGS) != 0)
    return false;
  for (int i = 0; i < 3; i++) {
    if (!is_path(plan, step->text[i])) return false;
  }
  if (!is_blob(plan, step->data, step->data_size)) return false;
  switch ((enum op)step->op) {
    case OP_ENTER:
      return list != LIST_INSIDE && step->number[0] <= INT_MAX &&
             (step->number[2] & ~(uint64_t)CLONE_NAMESPACES) == 0;
    case OP_MAP_IDS:
      return list == LIST_BESIDE;
    case OP_TELL_ENGINE: /* inside, when the workload is restored */
    case OP_AWAIT_ENGINE:
      return list != LIST_BEFORE;
    case OP_DETACH:
      /* Ids are mapped by whoever knows the host's: the stage. */
      return (list == LIST_BESIDE ||
              (list == LIST_INSIDE && (step->flags & STEP_ID_MAPPED) == 0)) &&
             step->number[0] < SLOT_LIMIT;
    case OP_ATTACH:
      return step->number[0] < SLOT_LIMIT;
    case OP_MOUNT: /* its data is one string */
    case OP_WRITE_FILE:
    case OP_MAKE_FILE:
      return step->data_size > 0 && plan->area[step->data + step->data_size - 1] == 0;
    case OP_SET_GROUPS:
      return step->data_size % 4 == 0;
    case OP_SECCOMP:
      return list == LIST_INSIDE && step->data_size > 0 && step->data_size % 8 == 0 &&
             step->data_size / 8 <= USHRT_MAX;
    case OP_PIVOT_ROOT:
    case OP_OPEN_TERMINAL:
    case OP_STAY_AS_INIT:
    case OP_HOLD:
    case OP_SERVE_FILES:
      return list == LIST_INSIDE;
    case OP_KEEP_FILE: /* above whatever a launch has open by itself */
      return list == LIST_INSIDE && step->number[0] < SLOT_LIMIT &&
             step->number[1] >= KEPT_FIRST && step->number[1] < KEPT_FIRST + KEPT_LIMIT;
    case OP_OPEN_FILE:
      return list == LIST_BESIDE && step->number[0] < SLOT_LIMIT;
    case OP_ADD_ADDRESS:
      return (step->data_size == 4 || step->data_size == 16) &&
             step->number[0] <= 8 * step->data_size;
    case OP_ADD_ROUTE:
      return step->data_size == 4 || step->data_size == 16;
    case OP_ADD_NEIGHBOUR: /* an address of 4 bytes, a hardware address of 6 */
      return step->data_size == 10;
    case OP_EXECUTE:
      return list == LIST_INSIDE && step->data_size > 8 &&
             is_array(plan, step->data, step->data_size) &&
             is_array(plan, step->number[0], step->number[1]) &&
             /* plan_strings rewrites them one after the other */
             (step->data + (uint64_t)step->data_size <= step->number[0] ||
              step->number[0] + step->number[1] <= step->data);
    case OP_RESTORE:
      return list == LIST_INSIDE && step->data_size > 8 &&
             is_array(plan, step->data, step->data_size) && step->number[0] < UINT32_MAX &&
             is_blob(plan, step->number[0], step->number[1]);
    case OP_OWN_MOUNTS:
    case OP_BIND:
    case OP_CHANGE_MOUNT:
    case OP_USE_ROOT:
    case OP_MASK:
    case OP_READ_ONLY_PATH:
    case OP_MAKE_DIRECTORY:
    case OP_MAKE_SYMLINK:
    case OP_MAKE_DEVICE:
    case OP_SET_HOSTNAME:
    case OP_SET_DOMAINNAME:
    case OP_LOOPBACK_UP:
    case OP_SET_LIMIT:
    case OP_OWN_STREAMS:
    case OP_SET_UMASK:
    case OP_SET_USER:
    case OP_BOUND_CAPABILITIES:
    case OP_SET_CAPABILITIES:
    case OP_NO_NEW_PRIVILEGES:
    case OP_CHANGE_DIRECTORY:
    case OP_AWAIT_DISK:
    case OP_LOAD_MODULE:
    case OP_RAISE_INTERFACE:
    case OP_SMALL_PAGES:
      return true;
    case OP_NAME_INTERFACE: /* a hardware address */
      return step->data_size == 0 || step->data_size == 6;
    case OP_COUNT:
      return false;
  }
  return false;
}

/* The plan for the guest is checked there, by its own shim. */
static bool is_remote_part(const struct plan *plan, bool session) {
  const struct plan_header *header = plan->header;
  bool machine = (header->supervision & SUPERVISE_MACHINE) != 0;
  if (session && machine) return false;
  return is_path(plan, header->remote_path) && is_blob(plan, header->guest, header->guest_size) &&
         header->guest_size <= PLAN_LIMIT;
}

static bool is_plan(struct plan *plan, size_t size) {
  const struct plan_header *header = plan->header;
  if (size < sizeof *header || header->magic != WIRE_MAGIC || header->version != WIRE_VERSION ||
      header->size != size)
    return false;
  uint64_t area = sizeof *header;
  for (int list = 0; list < 3; list++) {
    plan->steps[list] = (struct step *)(void *)((char *)plan->header + area);
    area += (uint64_t)header->steps[list] * sizeof(struct step);
    if (area > size) return false;
  }
  if (area != header->area || area == size) return false;
  plan->area = (char *)plan->header + area;
  plan->area_size = size - area;
  if (plan->area[plan->area_size - 1] != 0) return false;

  if ((header->clone_flags & ~CLONE_NAMESPACES) != 0 ||
      (header->supervision & ~(uint32_t)SUPERVISE_FLAGS) != 0 || header->drain_millis > 60000 ||
      !is_path(plan, header->log_path) || !is_path(plan, header->exit_path) ||
      !is_path(plan, header->oom_path))
    return false;
  if ((header->supervision & SUPERVISE_LOG) != 0 &&
      (header->log_bytes < 4096 || header->log_bytes > INT64_MAX || header->log_files < 1 ||
       header->log_files > 1000))
    return false;

  bool session = (header->supervision & SUPERVISE_SESSION) != 0;
  if (!is_remote_part(plan, session)) return false;
  for (int list = 0; list < 3; list++) {
    uint32_t count = header->steps[list];
    for (uint32_t i = 0; i < count; i++) {
      const struct step *step = &plan->steps[list][i];
      if (!is_step(plan, (enum list)list, step)) return false;
      if (is_last(step) && i + 1 != count) return false;
    }
  }
  uint32_t inside = header->steps[LIST_INSIDE];
  if (session) return header->steps[LIST_BEFORE] + header->steps[LIST_BESIDE] + inside == 0;
  return inside > 0 && is_last(&plan->steps[LIST_INSIDE][inside - 1]);
}

int plan_load(int descriptor, struct plan *plan) {
  /* A file that could still shrink would turn a read into SIGBUS, one that could change would
   * make the check worthless. */
  int seals = fcntl(descriptor, F_GET_SEALS);
  int wanted = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
  if (seals < 0) return errno;
  if ((seals & wanted) != wanted) return EPERM;
  struct stat status;
  if (fstat(descriptor, &status) < 0) return errno;
  if (status.st_size < (off_t)sizeof(struct plan_header) || status.st_size > PLAN_LIMIT)
    return EBADMSG;
  size_t size = (size_t)status.st_size;
  void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
  if (base == MAP_FAILED) return errno;
  plan->header = base;
  if (!is_plan(plan, size)) {
    munmap(base, size);
    plan->header = NULL;
    return EBADMSG;
  }
  return 0;
}

void plan_unload(struct plan *plan) {
  if (plan->header == NULL) return;
  munmap(plan->header, plan->header->size);
  *plan = (struct plan){0};
}

char **plan_strings(const struct plan *plan, uint64_t offset) {
  uint64_t *entry = (uint64_t *)(void *)(plan->area + offset);
  char **strings = (char **)(void *)entry;
  static_assert(sizeof(char *) == sizeof(uint64_t), "pointers take the place of offsets");
  for (; *entry != ARRAY_END; entry++) *entry = (uint64_t)(uintptr_t)(plan->area + *entry);
  *entry = 0;
  return strings;
}
