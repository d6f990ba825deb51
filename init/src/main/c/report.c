/* Messages between the shim, the stage and the workload's process, with descriptors. */
#include "actor.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { DESCRIPTORS_PER_MESSAGE = 253 }; /* SCM_MAX_FD of net/scm.h */

union control {
  struct cmsghdr header;
  char space[CMSG_SPACE(DESCRIPTORS_PER_MESSAGE * sizeof(int))];
};

int descriptors_send(int socket, const void *message, size_t size, const int *descriptors,
                     int count) {
  struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = size};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  union control control;
  if (count > 0) {
    size_t bytes = (size_t)count * sizeof(int);
    memset(&control, 0, CMSG_SPACE(bytes));
    header.msg_control = &control;
    header.msg_controllen = (unsigned)CMSG_SPACE(bytes);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = (unsigned)CMSG_LEN(bytes);
    memcpy(CMSG_DATA(rights), descriptors, bytes);
  }
  return sendmsg(socket, &header, MSG_NOSIGNAL) < 0 ? errno : 0;
}

ssize_t descriptors_receive(int socket, void *message, size_t size, int *descriptors, int limit,
                            int *count) {
  struct iovec part = {.iov_base = message, .iov_len = size};
  union control control;
  struct msghdr header = {
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = (unsigned)CMSG_SPACE((size_t)limit * sizeof(int)),
  };
  *count = 0;
  ssize_t received = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  if (received < 0) return -1;
  struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
  if (rights != NULL && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
    size_t bytes = rights->cmsg_len - CMSG_LEN(0);
    *count = (int)(bytes / sizeof(int));
    memcpy(descriptors, CMSG_DATA(rights), bytes);
  }
  return received;
}

int report_send(int socket, const struct report *report, int descriptor) {
  return descriptors_send(socket, report, sizeof *report, &descriptor, descriptor < 0 ? 0 : 1);
}
