#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/ptrace.h; musl's <sys/ptrace.h> excludes it. */
enum { SECCOMP_GET_FILTER = 0x420c };

/* Prints the value of the line of /proc/self/status that begins with the name. */
static void status_line(const char *name, const char *as) {
  char line[256];
  FILE *status = fopen("/proc/self/status", "re");
  if (!status) return;
  while (fgets(line, sizeof line, status))
    if (!strncmp(line, name, strlen(name))) printf("%s %s", as, line + strlen(name) + 1);
  fclose(status);
}

static void first_line(const char *path, const char *as) {
  char line[256];
  FILE *file = fopen(path, "re");
  if (!file) return;
  if (fgets(line, sizeof line, file)) printf("%s %s", as, line);
  fclose(file);
}

/* Device nodes below /dev; terminals of our own do not count. */
static int devices(void) {
  int count = 0;
  DIR *folder = opendir("/dev");
  if (!folder) return 0;
  for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
    struct stat node;
    if (!fstatat(dirfd(folder), entry->d_name, &node, AT_SYMLINK_NOFOLLOW) &&
        (S_ISCHR(node.st_mode) || S_ISBLK(node.st_mode)))
      count++;
  }
  closedir(folder);
  return count;
}

static int processes(void) {
  int count = 0;
  DIR *folder = opendir("/proc");
  if (!folder) return 0;
  for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') count++;
  closedir(folder);
  return count;
}

int look(void) {
  struct utsname name;
  if (uname(&name)) fail("uname");
  printf("release %s\n", name.release);
  /* The same for everybody on one kernel, and for nobody else. */
  first_line("/proc/sys/kernel/random/boot_id", "boot");
  first_line("/proc/self/uid_map", "users");
  status_line("CapEff:", "capabilities");
  printf("devices %d\n", devices());
  printf("processes %d\n", processes());
  return 0;
}

static uint64_t blocks;

static int count_blocks(const char *path, const struct stat *status, int kind, struct FTW *where) {
  (void)path;
  (void)where;
  if (kind != FTW_NS) blocks += (uint64_t)status->st_blocks;
  return 0;
}

int disk(const char *path) {
  if (nftw(path, count_blocks, 16, FTW_PHYS | FTW_MOUNT)) fail("walk through files");
  printf("disk %llu\n", (unsigned long long)blocks * 512);
  return 0;
}

/* The calls that Linux 6.18 numbers on this architecture. The numbers between do not exist. */
static int exists(int number) {
#ifdef __x86_64__
  return number <= 334 || (number >= 424 && number <= 467);
#else
  return number <= 294 || (number >= 424 && number <= 467);
#endif
}

/* What a filter answers to a call whose arguments are all 0: a machine for classic BPF (seccomp(2)). */
static uint32_t answer(const struct sock_filter *program, size_t length, const struct seccomp_data *call) {
  uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {0};
  for (size_t at = 0; at < length; at++) {
    const struct sock_filter *step = &program[at];
    uint32_t operand = BPF_SRC(step->code) == BPF_X ? x : step->k;
    switch (BPF_CLASS(step->code)) {
    case BPF_LD:
      switch (BPF_MODE(step->code)) {
      case BPF_ABS:
        if (step->k > sizeof *call - sizeof a) return 0;
        memcpy(&a, (const char *)call + step->k, sizeof a);
        break;
      case BPF_IMM: a = step->k; break;
      case BPF_MEM: a = memory[step->k % BPF_MEMWORDS]; break;
      default: a = sizeof *call;
      }
      break;
    case BPF_LDX: x = BPF_MODE(step->code) == BPF_MEM ? memory[step->k % BPF_MEMWORDS] : step->k; break;
    case BPF_ST: memory[step->k % BPF_MEMWORDS] = a; break;
    case BPF_STX: memory[step->k % BPF_MEMWORDS] = x; break;
    case BPF_ALU:
      switch (BPF_OP(step->code)) {
      case BPF_ADD: a += operand; break;
      case BPF_SUB: a -= operand; break;
      case BPF_AND: a &= operand; break;
      case BPF_OR: a |= operand; break;
      case BPF_XOR: a ^= operand; break;
      case BPF_LSH: a <<= operand & 31; break;
      case BPF_RSH: a >>= operand & 31; break;
      default: return 0;
      }
      break;
    case BPF_JMP: {
      int holds;
      switch (BPF_OP(step->code)) {
      case BPF_JA: at += step->k; continue;
      case BPF_JEQ: holds = a == operand; break;
      case BPF_JGT: holds = a > operand; break;
      case BPF_JGE: holds = a >= operand; break;
      case BPF_JSET: holds = (a & operand) != 0; break;
      default: return 0;
      }
      at += holds ? step->jt : step->jf;
      break;
    }
    case BPF_RET: return BPF_RVAL(step->code) == BPF_A ? a : step->k;
    default:
      if (BPF_MISCOP(step->code) == BPF_TAX) x = a;
      else a = x;
    }
  }
  return 0;
}

int filters(const char *text) {
  enum { NUMBERS = 512 };
  static struct sock_filter program[1 << 16];
  static char denied[NUMBERS];
  pid_t pid = (pid_t)atoi(text);
  if (ptrace(PTRACE_SEIZE, pid, 0, 0)) fail("attach to the process");
  if (ptrace(PTRACE_INTERRUPT, pid, 0, 0)) fail("stop the process");
  int status;
  if (waitpid(pid, &status, __WALL) < 0) fail("wait for the process to stop");
  long length = 0;
  int error = 0;
  for (long index = 0;; index++) {
    length = ptrace((int)SECCOMP_GET_FILTER, pid, (void *)index, program);
    error = length < 0 ? errno : 0;
    if (length < 0) break;
    for (int number = 0; number < NUMBERS; number++) {
      struct seccomp_data call = {.nr = number};
#ifdef __x86_64__
      call.arch = AUDIT_ARCH_X86_64;
#else
      call.arch = AUDIT_ARCH_AARCH64;
#endif
      uint32_t action = answer(program, (size_t)length, &call) & SECCOMP_RET_ACTION_FULL;
      if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG) denied[number] = 1;
    }
  }
  ptrace(PTRACE_DETACH, pid, 0, 0);
  /* ENOENT: no more filters. EINVAL: none at all. Anything else: the kernel does not show them. */
  errno = error;
  if (error != ENOENT && error != EINVAL) fail("read the filters of the process");
  int reachable = 0, all = 0;
  for (int number = 0; number < NUMBERS; number++) {
    if (!exists(number)) continue;
    all++;
    reachable += !denied[number];
  }
  printf("reachable %d\nall %d\n", reachable, all);
  return 0;
}
