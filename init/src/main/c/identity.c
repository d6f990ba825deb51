/* Who the workload is and what it may do. Raw system calls: there is one thread, and musl's
 * wrappers would signal others. */
#include "actor.h"
#include "kernel.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>

int identity_groups(const struct actor *actor, const struct step *step) {
  const void *groups = plan_text(&actor->plan, step->data);
  return syscall(SYS_setgroups, step->data_size / sizeof(gid_t), groups) < 0 ? errno : 0;
}

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  for (int i = 0; i < 2; i++) {
    data[i].effective = (uint32_t)(effective >> (32 * i));
    data[i].permitted = (uint32_t)(permitted >> (32 * i));
    data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
  }
  return syscall(SYS_capset, &header, data) < 0 ? errno : 0;
}

static int permitted_capabilities(uint64_t *permitted) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) < 0) return errno;
  *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  return 0;
}

/* number: uid, gid */
int identity_user(const struct step *step) {
  uid_t uid = (uid_t)step->number[0];
  gid_t gid = (gid_t)step->number[1];
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return errno;
  if (syscall(SYS_setresgid, gid, gid, gid) < 0) return errno;
  if (syscall(SYS_setresuid, uid, uid, uid) < 0) return errno;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* forgotten by the kernel with the change */
  /* KEEPCAPS keeps the permitted set only; later steps need the effective one. */
  uint64_t permitted = 0;
  int error = permitted_capabilities(&permitted);
  return error != 0 ? error : set_capabilities(permitted, permitted, 0);
}

/* number: mask of those to keep */
int identity_bound(const struct step *step) {
  for (unsigned capability = 0; capability < 64; capability++) {
    if ((step->number[0] >> capability & 1) != 0) continue;
    int bound = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (bound < 0) return errno == EINVAL ? 0 : errno; /* beyond the last this kernel knows */
    if (bound == 1 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) return errno;
  }
  return 0;
}

/* number: effective, permitted, ambient */
int identity_capabilities(const struct step *step) {
  int error = set_capabilities(step->number[0], step->number[1], step->number[2]);
  if (error != 0) return error;
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return errno;
  for (unsigned capability = 0; capability < 64; capability++) {
    if ((step->number[2] >> capability & 1) == 0) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) return errno;
  }
  return 0;
}
