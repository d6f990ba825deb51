/* The one switch: what each operation of a plan means. */
#include "actor.h"
#include "kernel.h"
#include "tree.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static int result(long returned) { return returned < 0 ? errno : 0; }

int interface_up(const char *name) {
  struct ifreq request = {0};
  size_t length = strlen(name);
  if (length >= IFNAMSIZ) return ENAMETOOLONG;
  memcpy(request.ifr_name, name, length);
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0) return errno;
  int error = result(ioctl(any, SIOCGIFFLAGS, &request));
  if (error == 0) {
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    error = result(ioctl(any, SIOCSIFFLAGS, &request));
  }
  close(any);
  return error;
}

static int tell_engine(const struct actor *actor) {
  struct report created = {.kind = REPORT_CREATED};
  return report_send(actor->reports, &created, -1);
}

/* Until it says to go on, which it may have done long before. */
static int await_engine(const struct actor *actor) {
  char proceed;
  ssize_t received = recv(actor->reports, &proceed, sizeof proceed, 0);
  return received < 0 ? errno : received == 0 ? ECANCELED : 0;
}

static int change_directory(const char *path) {
  if (chdir(path) < 0) return errno;
  /* CVE-2024-21626: a path such as /proc/self/fd/7 may lead to a folder outside of the root, and
   * the kernel then names the working directory "(unreachable)/...". */
  char buffer[4096];
  if (syscall(SYS_getcwd, buffer, sizeof buffer) < 0) return errno;
  return buffer[0] == '/' ? 0 : ENOENT;
}

static int install_filter(const struct actor *actor, const struct step *step) {
  struct sock_fprog program = {
      .len = (unsigned short)(step->data_size / sizeof(struct sock_filter)),
      .filter = (struct sock_filter *)(void *)(actor->plan.area + step->data),
  };
  return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static int set_limit(const struct step *step) {
  uint64_t limit[2] = {step->number[1], step->number[2]};
  return result(syscall(SYS_prlimit64, 0, step->number[0], limit, NULL));
}

int step_play(struct actor *actor, const struct step *step) {
  const char *text = plan_text(&actor->plan, step->text[0]);
  switch ((enum op)step->op) {
    case OP_ENTER: return namespaces_enter(step);
    case OP_OWN_MOUNTS: return mounts_own(step->number[0]);
    case OP_MAP_IDS: return namespaces_map(actor, step);
    case OP_TELL_ENGINE: return tell_engine(actor);
    case OP_AWAIT_ENGINE: return await_engine(actor);
    case OP_DETACH: return mounts_detach(actor, step);
    case OP_ATTACH: return mounts_attach(actor, step);
    case OP_MOUNT: return mounts_mount(actor, step);
    case OP_BIND: return mounts_bind(actor, step);
    case OP_CHANGE_MOUNT: return mounts_change(actor, step);
    case OP_USE_ROOT: return mounts_use_root(actor, step);
    case OP_MASK: return mounts_mask(actor, step);
    case OP_READ_ONLY_PATH: return mounts_read_only(actor, step);
    case OP_PIVOT_ROOT: return mounts_pivot(actor);
    case OP_WRITE_FILE: return files_write(actor, step);
    case OP_MAKE_DIRECTORY: return files_directory(actor, step);
    case OP_MAKE_SYMLINK: return files_symlink(actor, step);
    case OP_MAKE_DEVICE: return files_device(actor, step);
    case OP_SET_HOSTNAME: return result(syscall(SYS_sethostname, text, strlen(text)));
    case OP_SET_DOMAINNAME: return result(syscall(SYS_setdomainname, text, strlen(text)));
    case OP_LOOPBACK_UP: return interface_up("lo");
    case OP_SET_LIMIT: return set_limit(step);
    case OP_OPEN_TERMINAL: return terminal_open(actor, step);
    case OP_OWN_STREAMS: return streams_own(actor, step);
    case OP_SET_UMASK: actor->umask = (unsigned)step->number[0] & 0777; return 0;
    case OP_SET_GROUPS: return identity_groups(actor, step);
    case OP_SET_USER: return identity_user(step);
    case OP_BOUND_CAPABILITIES: return identity_bound(step);
    case OP_SET_CAPABILITIES: return identity_capabilities(step);
    case OP_NO_NEW_PRIVILEGES: return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    case OP_SECCOMP: return install_filter(actor, step);
    case OP_CHANGE_DIRECTORY: return change_directory(text);
    case OP_STAY_AS_INIT: return reap_stay(actor);
    case OP_EXECUTE: return execute(actor, step);
    case OP_HOLD: return hold(actor);
    case OP_AWAIT_DISK: return machine_disk(actor, step);
    case OP_LOAD_MODULE: return machine_module(actor, step);
    case OP_MAKE_FILE: return files_make(actor, step);
    case OP_NAME_INTERFACE: return machine_interface(actor, step);
    case OP_RAISE_INTERFACE: return machine_raise(actor, step);
    case OP_ADD_ADDRESS:
    case OP_ADD_ROUTE: return machine_address(actor, step);
    case OP_ADD_NEIGHBOUR: return machine_neighbour(actor, step);
    case OP_SERVE_FILES: return tree_serve(actor);
    case OP_OPEN_FILE: return files_open(actor, step);
    case OP_KEEP_FILE: return files_keep(actor, step);
    case OP_SMALL_PAGES: return result(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    case OP_RESTORE: break; /* the stage's, see restore.c */
    case OP_COUNT: break;
  }
  return ENOSYS; /* plan_load lets no other operation through */
}
