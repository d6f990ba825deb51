#include "probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  MIB = 1024 * 1024,
  BUFFER = 32 * MIB, /* more than the caches of most processors */
  FILE_BYTES = 16 * MIB,
  CHUNK = MIB
};

/* How long each measurement lasts, in nanoseconds: short, since it is repeated in turns. */
static const uint64_t LONG_ENOUGH = 120 * 1000 * 1000;

static void say(const char *name, double value) {
  printf("%s %.6g\n", name, value);
}

static double seconds_since(uint64_t begin) {
  return (double)(now() - begin) / 1e9;
}

static int compare(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

/* Millions of numbers a second that are made up and sorted: arithmetic, comparisons, calls, and memory
 * that fits into the caches. */
static void processor(void) {
  enum { BATCH = 4096 };
  static uint32_t numbers[BATCH];
  uint64_t x = 88172645463325252u, sorted = 0, begin = now();
  do {
    for (int i = 0; i < BATCH; i++) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      numbers[i] = (uint32_t)x;
    }
    qsort(numbers, BATCH, sizeof *numbers, compare);
    sorted += BATCH;
  } while (now() - begin < LONG_ENOUGH);
  say("cpu", (double)sorted / seconds_since(begin) / 1e6);
}

/* MiB a second that are copied from one end of memory to another. */
static void memory(void) {
  char *buffer = mmap(0, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer == MAP_FAILED) fail("mmap 32 MiB");
  memset(buffer, 1, BUFFER); /* pages are made now, not while time is taken */
  uint64_t bytes = 0, begin = now();
  do {
    memcpy(buffer, buffer + BUFFER / 2, BUFFER / 2);
    /* What is copied again must be copied again. */
    __asm__ volatile("" : : "r"(buffer) : "memory");
    bytes += BUFFER / 2;
  } while (now() - begin < LONG_ENOUGH);
  say("memory", (double)bytes / MIB / seconds_since(begin));
  munmap(buffer, BUFFER);
}

/* Thousands of the cheapest system call a second: what the way into the kernel costs. */
static void calls(void) {
  uint64_t count = 0, begin = now();
  do {
    for (int i = 0; i < 1000; i++) syscall(SYS_getppid);
    count += 1000;
  } while (now() - begin < LONG_ENOUGH);
  say("calls", (double)count / seconds_since(begin) / 1e3);
}

/* MiB a second to a new file until it is on the disk, and back from the page cache. */
static void file(void) {
  static char chunk[CHUNK];
  memset(chunk, 0x5a, sizeof chunk);
  int fd = open("data", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) fail("make a file");
  uint64_t begin = now();
  for (int done = 0; done < FILE_BYTES; done += CHUNK)
    if (write(fd, chunk, CHUNK) != CHUNK) fail("write to a file");
  if (fsync(fd)) fail("fsync a file");
  say("write", (double)FILE_BYTES / MIB / seconds_since(begin));
  uint64_t bytes = 0;
  begin = now();
  do {
    if (lseek(fd, 0, SEEK_SET)) fail("lseek");
    for (int done = 0; done < FILE_BYTES; done += CHUNK)
      if (read(fd, chunk, CHUNK) != CHUNK) fail("read a file");
    bytes += FILE_BYTES;
  } while (now() - begin < LONG_ENOUGH);
  say("read", (double)bytes / MIB / seconds_since(begin));
  close(fd);
  if (unlink("data")) fail("remove a file");
}

/* Thousands of operations on names a second: making, looking at, renaming and removing small files. */
static void metadata(void) {
  enum { FILES = 100, OPERATIONS = 4 };
  char name[32];
  struct stat status;
  uint64_t count = 0, begin = now();
  do {
    for (int i = 0; i < FILES; i++) {
      snprintf(name, sizeof name, "f%d", i);
      int fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
      if (fd < 0) fail("make a small file");
      close(fd);
    }
    for (int i = 0; i < FILES; i++) {
      char other[sizeof name];
      snprintf(name, sizeof name, "f%d", i);
      snprintf(other, sizeof other, "g%d", i);
      if (stat(name, &status) || rename(name, other) || unlink(other)) fail("handle a small file");
    }
    count += (uint64_t)FILES * OPERATIONS;
  } while (now() - begin < LONG_ENOUGH);
  say("metadata", (double)count / seconds_since(begin) / 1e3);
}

int work(const char *folder) {
  if (mkdir(folder, 0700)) fail("make the folder to work in");
  if (chdir(folder)) fail("enter the folder to work in");
  processor();
  memory();
  calls();
  file();
  metadata();
  if (chdir("/")) fail("leave the folder to work in");
  if (rmdir(folder)) fail("remove the folder to work in");
  return 0;
}
