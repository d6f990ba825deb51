/* What `abode compare` runs on the host, in a container and in a virtual machine alike. Every answer is a
 * line "NAME NUMBER" or "NAME WORD" on standard output; every failure a sentence on standard error and
 * status 1. */
#ifndef PROBE_H
#define PROBE_H

#include <stdint.h>

/* Ends the program with a sentence about errno. */
void fail(const char *what) __attribute__((noreturn));

/* Nanoseconds of a clock that is never set. */
uint64_t now(void);

/* Processor, memory, system calls, and files in a folder that is made and removed. */
int work(const char *folder);

/* What is to be seen of the host from where this runs. */
int look(void);

/* Bytes that a file, or all in a folder, take on the disk, as du(1) counts: holes take none. */
int disk(const char *path);

/* How many system calls the filters of a process let through. Needs the host's root. */
int filters(const char *pid);

/* Says "ready", then answers connections to a port until it is killed. */
int serve(const char *port);

/* Round trips to, and throughput towards, somebody who serves. */
int ping(const char *address, const char *port);

#endif
