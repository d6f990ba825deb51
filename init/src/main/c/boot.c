/* From the kernel's first process to an agent that can be talked to. */
#include "actor.h"
#include "agent.h"
#include "kernel.h"
#include "shim.h"

#include <errno.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>

enum { PORT_MILLIS = 30000 };

_Noreturn void boot_failed(const char *what, int error) {
  shim_note(what, 0, error);
  _exit(1); /* the kernel panics, and says so where the host can read it */
}

static void mount_at(const char *type, const char *target, unsigned long flags, const char *data) {
  mkdir(target, 0755);
  if (sys_mount(type, target, type, flags, data) < 0) shim_note(target, 0, errno);
}

/* The initial root cannot be left with pivot_root(2); a copy of it on top of it can. */
static void settle_root(void) {
  mkdir("/root", 0755);
  if (sys_mount("/", "/root", NULL, MS_BIND, NULL) < 0 || chdir("/root") < 0 ||
      sys_mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
    boot_failed("cannot settle the root file system", errno);
}

static void write_text(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, text, strlen(text)) < 0) shim_note(path, 0, errno);
  if (file >= 0) close(file);
}

static void mount_all(void) {
  const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  settle_root();
  mount_at("devtmpfs", "/dev", MS_NOSUID, "mode=755");
  int notes = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (notes >= 0) dup2(notes, STDERR_FILENO);
  if (nothing >= 0) {
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
  }
  mount_at("proc", "/proc", safe, NULL);
  mount_at("sysfs", "/sys", safe, NULL);
  mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=620,gid=5,ptmxmode=666");
  mount_at("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
  mount_at("cgroup2", "/sys/fs/cgroup", safe, NULL);
  /* One at a time: a kernel without one of them has the others. */
  static const char *const controllers[] = {"+memory", "+pids", "+cpu", "+io", "+cpuset"};
  for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
    write_text("/sys/fs/cgroup/cgroup.subtree_control", controllers[i]);
  mkdir("/sys/fs/cgroup/workload", 0755);
}

static int load_module(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  int error = syscall(SYS_finit_module, file, "", 0) < 0 && errno != EEXIST ? errno : 0;
  close(file);
  return error;
}

/* The list is of one path a line, in the order of their dependencies. */
static void load_modules(void) {
  static char list[16384];
  int file = open("/modules/boot", O_RDONLY | O_CLOEXEC);
  if (file < 0) return; /* of a kernel that has all it needs */
  ssize_t size = read(file, list, sizeof list - 1);
  close(file);
  list[size < 0 ? 0 : size] = 0;
  for (char *line = list; *line != 0;) {
    size_t length = strcspn(line, "\n");
    char *next = line + length + (line[length] == '\n');
    line[length] = 0;
    int error = length == 0 ? 0 : load_module(line);
    if (error != 0) shim_note(line, 0, error);
    line = next;
  }
}

static int open_port(int events) {
  uint64_t deadline = time_steady() + PORT_MILLIS;
  char path[80] = "/dev/";
  while (!device_find("/sys/class/virtio-ports", "name", "dev.abode.agent", path + 5)) {
    if (!uevents_wait(events, deadline)) boot_failed("the host offers no port", ETIMEDOUT);
  }
  int port;
  while ((port = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) {
    if (!uevents_wait(events, deadline)) boot_failed("cannot open the port", errno);
  }
  return port;
}

int boot(void) {
  umask(0);
  mount_all();
  reboot(RB_DISABLE_CAD);
  /* Here, so that a template has it: a warm start then runs less code, all of which each emulator
   * translates anew. */
  int error = interface_up("lo");
  if (error != 0) shim_note("loopback", 0, error);
  int events = uevents_open();
  if (events < 0) boot_failed("cannot hear of devices", errno);
  load_modules();
  int port = open_port(events);
  close(events);
  return port;
}
