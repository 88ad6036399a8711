// The floor of events: a program that waits for device-mapper's events as fast as can be. Ready means armed;
// at an event it arms again, lists all devices, and has seen what happened. Orders, one a line:
//   listen          wait for events from now on; the answer is "ready"
//   listen status   the same, and an event is seen only when the status of each device that had one has been
//   read stop            the answer is when each event had been seen, in nanoseconds of CLOCK_MONOTONIC, in
//   one line
#define _GNU_SOURCE
#include <poll.h>
#include <stdbool.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "control.h"
#include "rounds.h"

enum { kMost = 1000, kBuffer = 1 << 20, kMinors = 1 << 20 };

static int control;
static union {
  struct dm_ioctl header;
  char bytes[kBuffer];
} list;

static union {
  struct dm_ioctl header;
  char bytes[16384];
} status;

// The event number of each device at the last list, by its minor number; all are of one major number.
static uint32_t known[kMinors];

static void request(unsigned long command, struct dm_ioctl* header) {
  if (ioctl(control, command, header) == 0 && !(header->flags & DM_BUFFER_FULL_FLAG)) return;
  perror("device-mapper ioctl");
  exit(EXIT_FAILURE);
}

static void read_status(uint64_t dev) {
  start_request(&status.header, sizeof(status), NULL);
  status.header.dev = dev;
  status.header.flags = DM_NOFLUSH_FLAG;
  request(DM_TABLE_STATUS, &status.header);
}

// How many devices have had events since the last call.
static int arm_and_list(bool with_status) {
  start_request(&list.header, sizeof(list), NULL);
  list.header.version[1] = 36;
  request(DM_DEV_ARM_POLL, &list.header);
  start_request(&list.header, sizeof(list), NULL);
  request(DM_LIST_DEVICES, &list.header);
  const struct dm_name_list* device = (const struct dm_name_list*)(list.bytes + list.header.data_start);
  int changed = 0;
  for (; device->dev != 0; device = (const struct dm_name_list*)((const char*)device + device->next)) {
    // The event number follows the name at the next multiple of 8 (linux/dm-ioctl.h).
    const uintptr_t end = (uintptr_t)(device->name + strlen(device->name) + 1);
    const uint32_t events = *(const uint32_t*)((end + 7) & ~(uintptr_t)7);
    uint32_t* before = &known[minor(device->dev) % kMinors];
    if (events != *before) {
      ++changed;
      if (with_status) read_status(device->dev);
    }
    *before = events;
    if (device->next == 0) break;
  }
  return changed;
}

int main(void) {
  control = open_control();
  static int64_t seen[kMost];
  char order[64];
  ssize_t length;
  while ((length = read(STDIN_FILENO, order, sizeof(order) - 1)) > 0) {
    order[length] = '\0';
    const bool with_status = strstr(order, "status") != NULL;
    int count = 0;
    arm_and_list(false);
    if (write(STDOUT_FILENO, "ready\n", 6) != 6) return EXIT_FAILURE;
    for (;;) {
      struct pollfd waits[] = {{control, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
      if (poll(waits, 2, -1) < 0) return EXIT_FAILURE;
      if (waits[1].revents != 0) break;
      if (arm_and_list(with_status) != 0 && count < kMost) seen[count++] = nanoseconds();
    }
    if (read(STDIN_FILENO, order, sizeof(order)) <= 0) break;
    for (int index = 0; index < count; ++index) printf("%" PRId64 " ", seen[index]);
    printf("\n");
    fflush(stdout);
  }
  return EXIT_SUCCESS;
}
