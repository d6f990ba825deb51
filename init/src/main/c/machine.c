/* Steps that make sense in a guest: its disks, its modules, its network. */
#include "actor.h"
#include "agent.h"
#include "kernel.h"
#include "shim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { DEVICE_MILLIS = 10000 };

static struct workload nobody; /* on a host */
struct workload *machine_workload = &nobody;

/* Waits for a device: 0 or an errno. */
static int await_device(const char *folder, const char *file, const char *value, char name[64]) {
  if (device_find(folder, file, value, name)) return 0; /* as in every guest that has booted */
  int events = uevents_open(); /* before the next look, so that nothing is missed in between */
  if (events < 0) return errno;
  uint64_t deadline = time_steady() + DEVICE_MILLIS;
  int error = 0;
  while (error == 0 && !device_find(folder, file, value, name)) {
    if (!uevents_wait(events, deadline)) error = ENODEV;
  }
  close(events);
  return error;
}

/* text: serial number, link */
int machine_disk(const struct actor *actor, const struct step *step) {
  char path[80] = "/dev/";
  int error = await_device("/sys/block", "serial", plan_text(&actor->plan, step->text[0]), path + 5);
  if (error != 0) return error;
  const char *link = plan_text(&actor->plan, step->text[1]);
  unlink(link);
  return symlink(path, link) < 0 ? errno : 0;
}

/* text: path, parameters */
int machine_module(const struct actor *actor, const struct step *step) {
  int file = open(plan_text(&actor->plan, step->text[0]), O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const char *parameters = plan_text(&actor->plan, step->text[1]);
  int error = syscall(SYS_finit_module, file, parameters, 0) < 0 && errno != EEXIST ? errno : 0;
  close(file);
  return error;
}

static int name_request(struct ifreq *request, const char *name) {
  *request = (struct ifreq){0};
  size_t length = strlen(name);
  if (length >= IFNAMSIZ) return ENAMETOOLONG;
  memcpy(request->ifr_name, name, length);
  return 0;
}

/* Renames the interface `old`, sets its hardware address if there is one, and its MTU unless it is 0. */
static int name_interface(int any, const char *old, const char *name, int mtu, const char *address) {
  struct ifreq request;
  int error = name_request(&request, old);
  if (error != 0 || strlen(name) >= IFNAMSIZ) return error != 0 ? error : ENAMETOOLONG;
  if (strcmp(old, name) != 0) {
    memcpy(request.ifr_newname, name, strlen(name) + 1);
    if (ioctl(any, SIOCSIFNAME, &request) < 0) return errno;
    name_request(&request, name);
  }
  if (address != NULL) {
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(request.ifr_hwaddr.sa_data, address, 6);
    if (ioctl(any, SIOCSIFHWADDR, &request) < 0) return errno;
  }
  if (mtu != 0) {
    request.ifr_mtu = mtu;
    if (ioctl(any, SIOCSIFMTU, &request) < 0) return errno;
  }
  return 0;
}

/* text: MAC address, or none of one that has its name, name; number: MTU; data: another MAC address, or none */
int machine_interface(const struct actor *actor, const struct step *step) {
  char old[64];
  const char *mac = plan_text(&actor->plan, step->text[0]);
  const char *name = plan_text(&actor->plan, step->text[1]);
  bool named = *mac == 0 && strlen(name) < sizeof old;
  if (named) memcpy(old, name, strlen(name) + 1);
  int error = named ? 0 : await_device("/sys/class/net", "address", mac, old);
  if (error != 0) return error;
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0) return errno;
  error = name_interface(any, old, name, (int)step->number[0],
                   step->data_size == 0 ? NULL : plan_text(&actor->plan, step->data));
  close(any);
  return error;
}

/* text: name */
int machine_raise(const struct actor *actor, const struct step *step) {
  return interface_up(plan_text(&actor->plan, step->text[0]));
}

static struct sockaddr internet(const void *address) {
  struct sockaddr_in internet = {.sin_family = AF_INET};
  if (address != NULL) memcpy(&internet.sin_addr, address, 4);
  struct sockaddr any;
  memcpy(&any, &internet, sizeof any);
  return any;
}

static int add_address4(int any, struct ifreq *request, const void *address, uint64_t prefix) {
  request->ifr_addr = internet(address);
  if (ioctl(any, SIOCSIFADDR, request) < 0) return errno;
  uint32_t mask = htonl(prefix == 0 ? 0 : ~UINT32_C(0) << (32 - prefix));
  request->ifr_netmask = internet(&mask);
  return ioctl(any, SIOCSIFNETMASK, request) < 0 ? errno : 0;
}

static int index_of(int any, struct ifreq *request, int *index) {
  if (ioctl(any, SIOCGIFINDEX, request) < 0) return errno;
  *index = request->ifr_ifindex;
  return 0;
}

/* struct in6_ifreq of linux/ipv6.h, which quarrels with the library's headers. */
struct address6 {
  struct in6_addr ifr6_addr;
  uint32_t ifr6_prefixlen;
  int ifr6_ifindex;
};

static int add_address6(int any, struct ifreq *request, const void *address, uint64_t prefix) {
  struct address6 wanted = {.ifr6_prefixlen = (uint32_t)prefix};
  memcpy(&wanted.ifr6_addr, address, 16);
  int error = index_of(any, request, &wanted.ifr6_ifindex);
  if (error != 0) return error;
  return ioctl(any, SIOCSIFADDR, &wanted) < 0 && errno != EEXIST ? errno : 0;
}

static int add_route4(int any, struct ifreq *request, const void *gateway) {
  struct rtentry route = {.rt_dst = internet(NULL),
                          .rt_genmask = internet(NULL),
                          .rt_gateway = internet(gateway),
                          .rt_flags = RTF_UP | RTF_GATEWAY,
                          .rt_dev = request->ifr_name};
  return ioctl(any, SIOCADDRT, &route) < 0 && errno != EEXIST ? errno : 0;
}

static int add_route6(int any, struct ifreq *request, const void *gateway) {
  struct in6_rtmsg route = {.rtmsg_flags = RTF_UP | RTF_GATEWAY, .rtmsg_metric = 1024};
  memcpy(&route.rtmsg_gateway, gateway, 16);
  int error = index_of(any, request, &route.rtmsg_ifindex);
  if (error != 0) return error;
  return ioctl(any, SIOCADDRT, &route) < 0 && errno != EEXIST ? errno : 0;
}

/* text: interface; data: an address or, of a route, a gateway, of 4 or 16 bytes; number: prefix */
int machine_address(const struct actor *actor, const struct step *step) {
  bool short_form = step->data_size == 4;
  const char *address = plan_text(&actor->plan, step->data);
  struct ifreq request;
  int error = name_request(&request, plan_text(&actor->plan, step->text[0]));
  if (error != 0) return error;
  int any = socket(short_form ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0) return errno;
  if (step->op == OP_ADD_ROUTE)
    error = short_form ? add_route4(any, &request, address) : add_route6(any, &request, address);
  else
    error = short_form ? add_address4(any, &request, address, step->number[0])
                       : add_address6(any, &request, address, step->number[0]);
  close(any);
  return error;
}

/* text: interface; data: an address of 4 bytes, a hardware address of 6 */
int machine_neighbour(const struct actor *actor, const struct step *step) {
  const char *name = plan_text(&actor->plan, step->text[0]);
  const char *address = plan_text(&actor->plan, step->data);
  if (strlen(name) >= IFNAMSIZ) return ENAMETOOLONG;
  char device[IFNAMSIZ];
  memcpy(device, name, strlen(name) + 1);
  struct rtentry route = {.rt_dst = internet(address),
                          .rt_genmask = internet(NULL),
                          .rt_flags = RTF_UP | RTF_HOST,
                          .rt_dev = device};
  struct arpreq neighbour = {.arp_pa = internet(address), .arp_flags = ATF_COM | ATF_PERM};
  neighbour.arp_ha.sa_family = ARPHRD_ETHER;
  memcpy(neighbour.arp_ha.sa_data, address + 4, 6);
  memcpy(neighbour.arp_dev, device, strlen(device) + 1);
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0) return errno;
  int error = ioctl(any, SIOCADDRT, &route) < 0 && errno != EEXIST ? errno : 0;
  if (error == 0 && ioctl(any, SIOCSARP, &neighbour) < 0) error = errno;
  close(any);
  return error;
}
