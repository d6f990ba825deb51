/* Devices of a guest, as its kernel finds them. */
#include "agent.h"
#include "kernel.h"
#include "shim.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

int uevents_open(void) {
  int events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
  if (events >= 0 && bind(events, (struct sockaddr *)&address, sizeof address) < 0) {
    close(events);
    return -1;
  }
  return events;
}

bool uevents_wait(int socket, uint64_t deadline) {
  uint64_t now = time_steady();
  struct pollfd polled = {.fd = socket, .events = POLLIN};
  if (now >= deadline || poll(&polled, 1, (int)(deadline - now)) <= 0) return false;
  char event[2048];
  while (recv(socket, event, sizeof event, 0) >= 0 || errno == ENOBUFS) {
  }
  return true;
}

/* Whether the file says `value`, with or without the end of a line. */
static bool says(const char *path, const char *value) {
  char text[256];
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size < 0) return false;
  text[size] = 0;
  text[strcspn(text, "\n")] = 0;
  return strcmp(text, value) == 0;
}

static bool device_says(const char *folder, const char *device, const char *file,
                        const char *value) {
  char path[256];
  const char *parts[] = {folder, "/", device, "/", file};
  size_t at = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    size_t length = strlen(parts[i]);
    if (length >= sizeof path - at) return false;
    memcpy(path + at, parts[i], length + 1);
    at += length;
  }
  return says(path, value);
}

/* struct linux_dirent64 of getdents64(2): the library's readdir(3) would bring a heap along. */
struct entry {
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[];
};

bool device_find(const char *folder, const char *file, const char *value, char name[64]) {
  int devices = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (devices < 0) return false;
  _Alignas(struct entry) char entries[4096];
  bool found = false;
  ssize_t size;
  while (!found && (size = syscall(SYS_getdents64, devices, entries, sizeof entries)) > 0) {
    for (ssize_t at = 0; !found && at < size;) {
      const struct entry *entry = (const struct entry *)(const void *)(entries + at);
      at += entry->size;
      size_t length = strlen(entry->name);
      if (entry->name[0] == '.' || length >= 64) continue;
      found = device_says(folder, entry->name, file, value);
      if (found) memcpy(name, entry->name, length + 1);
    }
  }
  close(devices);
  return found;
}
