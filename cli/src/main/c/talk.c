#include "probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The first byte of a connection says what it is for. */
enum { ECHO = 'e', SINK = 's' };

enum { CHUNK = 256 * 1024 };

static const uint64_t LONG_ENOUGH = 150 * 1000 * 1000;
static char chunk[CHUNK];

static struct sockaddr_in endpoint(const char *address, const char *port) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  if (inet_pton(AF_INET, address, &place.sin_addr) != 1) fail("read an address");
  return place;
}

static void answer(int connection) {
  char purpose;
  if (read(connection, &purpose, 1) != 1) return;
  uint64_t received = 0;
  for (;;) {
    ssize_t count = read(connection, chunk, sizeof chunk);
    if (count <= 0) break;
    received += (uint64_t)count;
    if (purpose == ECHO && write(connection, chunk, (size_t)count) != count) return;
  }
  if (purpose == SINK && write(connection, &received, sizeof received) < 0) return;
}

int serve(const char *port) {
  signal(SIGPIPE, SIG_IGN);
  struct sockaddr_in place = endpoint("0.0.0.0", port);
  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  /* Where there is no network the answer is still of interest. */
  int listens = listener >= 0 && !setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) &&
                !bind(listener, (struct sockaddr *)&place, sizeof place) && !listen(listener, 8);
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) fail("say ready");
  for (;;) {
    int connection = listens ? accept4(listener, 0, 0, SOCK_CLOEXEC) : -1;
    if (connection < 0) {
      pause();
      continue;
    }
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    answer(connection);
    close(connection);
  }
}

static int reach(const char *address, const char *port, char purpose) {
  struct sockaddr_in place = endpoint(address, port);
  struct timeval patience = {.tv_sec = 5};
  int on = 1, connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) fail("make a socket");
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(connection, (struct sockaddr *)&place, sizeof place)) fail("connect");
  if (write(connection, &purpose, 1) != 1) fail("begin a conversation");
  return connection;
}

int ping(const char *address, const char *port) {
  signal(SIGPIPE, SIG_IGN);
  int connection = reach(address, port, ECHO);
  char byte = 'x';
  uint64_t trips = 0, begin = now();
  do {
    if (write(connection, &byte, 1) != 1 || read(connection, &byte, 1) != 1) fail("a round trip");
    trips++;
  } while (now() - begin < LONG_ENOUGH);
  printf("roundtrip %.6g\n", (double)(now() - begin) / 1e3 / (double)trips);
  close(connection);
  connection = reach(address, port, SINK);
  begin = now();
  do {
    if (write(connection, chunk, sizeof chunk) < 0) fail("send");
  } while (now() - begin < LONG_ENOUGH);
  /* Sent is what has arrived. */
  uint64_t received = 0;
  if (shutdown(connection, SHUT_WR)) fail("end what is sent");
  if (read(connection, &received, sizeof received) != sizeof received) fail("hear what arrived");
  printf("throughput %.6g\n", (double)received / 1048576 / ((double)(now() - begin) / 1e9));
  close(connection);
  return 0;
}
