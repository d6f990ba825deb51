/*
 * PID 1 of a guest. It boots as far as its port to the host, then gives every session that the host
 * asks for a shim of its own, and carries frames between the port and those.
 */
#ifndef ABODE_AGENT_H
#define ABODE_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Without a kernel of its own to boot, for tests: in namespaces instead of a machine, the port being
 * its standard streams.
 */
_Noreturn void agent_run(bool boots);

/* boot.c */

/* Mounts what the kernel offers, loads the modules of the initramfs and opens the port. */
int boot(void);
/* Ends the guest, whose kernel then says so: nothing can be done without what failed. */
_Noreturn void boot_failed(const char *what, int error);

/* uevents.c: devices come when they like. */

int uevents_open(void);
/* Waits for a device to come or change, at most until `deadline` (steady ms). False when it passed. */
bool uevents_wait(int socket, uint64_t deadline);
/* The name below `folder` of the device whose file `file` says `value`, in `name`. */
bool device_find(const char *folder, const char *file, const char *value, char name[64]);

/* questions.c: what the host asks the agent itself. */

/* Reads a file of the kernel's into `content` of `limit` bytes: 0 or an errno. */
int answer_read(const char *path, char *content, size_t limit, size_t *size);
int answer_freeze(const char *path);
int answer_thaw(void);
/* Makes the workload, if it is in a group of its own, stand still, or go on. */
void still_workload(bool still);
/* Ends every process, and leaves no file system mounted that is worth anything. */
void switch_off(void);
void set_clock(uint64_t nanoseconds);
void add_randomness(const uint8_t *seed, size_t size);

#endif
